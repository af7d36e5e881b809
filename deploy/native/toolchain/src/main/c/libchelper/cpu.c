/* libchelper, the part about the processor: stands in for what AMD64LibCHelper declares. The struct is generated from the
   builder's classes; where each of its fields is found is in the table below, after the manuals of Intel (volume 2A, CPUID) and
   AMD (volume 3, appendix E). A field without a row stays 0, "absent", which is always safe: an image built for a processor
   with that feature then refuses to start. */
#include <cpuid.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amd64cpufeatures.h"

enum reg { EAX, EBX, ECX, EDX };
/* Registers that the operating system has to save for the feature to be usable; bits of XCR0. */
enum { ANY = 0, AVX = 0x6, AVX512 = 0xe6, APX = 0x80000 };

typedef struct {
    size_t field;
    uint32_t leaf, subleaf;
    enum reg reg;
    int bit;
    uint64_t saved;
} feature;

#define F(name, leaf, subleaf, reg, bit, saved) {offsetof(CPUFeatures, f##name), leaf, subleaf, reg, bit, saved}

static const feature FEATURES[] = {
    F(TSC, 1, 0, EDX, 4, ANY),
    F(CX8, 1, 0, EDX, 8, ANY),
    F(CMOV, 1, 0, EDX, 15, ANY),
    F(FLUSH, 1, 0, EDX, 19, ANY),
    F(MMX, 1, 0, EDX, 23, ANY),
    F(FXSR, 1, 0, EDX, 24, ANY),
    F(SSE, 1, 0, EDX, 25, ANY),
    F(SSE2, 1, 0, EDX, 26, ANY),
    F(HT, 1, 0, EDX, 28, ANY),
    F(SSE3, 1, 0, ECX, 0, ANY),
    F(CLMUL, 1, 0, ECX, 1, ANY),
    F(SSSE3, 1, 0, ECX, 9, ANY),
    F(FMA, 1, 0, ECX, 12, AVX),
    F(SSE4_1, 1, 0, ECX, 19, ANY),
    F(SSE4_2, 1, 0, ECX, 20, ANY),
    F(POPCNT, 1, 0, ECX, 23, ANY),
    F(AES, 1, 0, ECX, 25, ANY),
    F(AVX, 1, 0, ECX, 28, AVX),
    F(VZEROUPPER, 1, 0, ECX, 28, AVX),
    F(F16C, 1, 0, ECX, 29, AVX),
    F(HV, 1, 0, ECX, 31, ANY),
    F(BMI1, 7, 0, EBX, 3, ANY),
    F(AVX2, 7, 0, EBX, 5, AVX),
    F(BMI2, 7, 0, EBX, 8, ANY),
    F(ERMS, 7, 0, EBX, 9, ANY),
    F(RTM, 7, 0, EBX, 11, ANY),
    F(AVX512F, 7, 0, EBX, 16, AVX512),
    F(AVX512DQ, 7, 0, EBX, 17, AVX512),
    F(ADX, 7, 0, EBX, 19, ANY),
    F(AVX512_IFMA, 7, 0, EBX, 21, AVX512),
    F(FLUSHOPT, 7, 0, EBX, 23, ANY),
    F(CLWB, 7, 0, EBX, 24, ANY),
    F(AVX512PF, 7, 0, EBX, 26, AVX512),
    F(AVX512ER, 7, 0, EBX, 27, AVX512),
    F(AVX512CD, 7, 0, EBX, 28, AVX512),
    F(SHA, 7, 0, EBX, 29, ANY),
    F(AVX512BW, 7, 0, EBX, 30, AVX512),
    F(AVX512VL, 7, 0, EBX, 31, AVX512),
    F(AVX512_VBMI, 7, 0, ECX, 1, AVX512),
    F(PKU, 7, 0, ECX, 3, ANY),
    F(OSPKE, 7, 0, ECX, 4, ANY),
    F(AVX512_VBMI2, 7, 0, ECX, 6, AVX512),
    F(CET_SS, 7, 0, ECX, 7, ANY),
    F(GFNI, 7, 0, ECX, 8, AVX),
    F(AVX512_VAES, 7, 0, ECX, 9, AVX512),
    F(AVX512_VPCLMULQDQ, 7, 0, ECX, 10, AVX512),
    F(AVX512_VNNI, 7, 0, ECX, 11, AVX512),
    F(AVX512_BITALG, 7, 0, ECX, 12, AVX512),
    F(AVX512_VPOPCNTDQ, 7, 0, ECX, 14, AVX512),
    F(RDPID, 7, 0, ECX, 22, ANY),
    F(FSRM, 7, 0, EDX, 4, ANY),
    F(SERIALIZE, 7, 0, EDX, 14, ANY),
    F(CET_IBT, 7, 0, EDX, 20, ANY),
    F(AVX512_FP16, 7, 0, EDX, 23, AVX512),
    F(SHA512, 7, 1, EAX, 0, AVX),
    F(AVX_IFMA, 7, 1, EAX, 23, AVX),
    F(APX_F, 7, 1, EDX, 21, APX),
    F(LZCNT, 0x80000001, 0, ECX, 5, ANY),
    F(SSE4A, 0x80000001, 0, ECX, 6, ANY),
    F(AMD_3DNOW_PREFETCH, 0x80000001, 0, ECX, 8, ANY),
    F(RDTSCP, 0x80000001, 0, EDX, 27, ANY),
    F(TSCINV, 0x80000007, 0, EDX, 8, ANY),
    F(TSCINV_BIT, 0x80000007, 0, EDX, 8, ANY),
};

static bool ask(uint32_t leaf, uint32_t subleaf, uint32_t answer[4]) {
    if (leaf > __get_cpuid_max(leaf & 0x80000000, NULL)) return false;
    if (subleaf > 0) { /* leaf 7 tells its last subleaf in EAX */
        uint32_t ebx, ecx, edx, last;
        __cpuid_count(leaf, 0, last, ebx, ecx, edx);
        if (subleaf > last) return false;
    }
    __cpuid_count(leaf, subleaf, answer[EAX], answer[EBX], answer[ECX], answer[EDX]);
    return true;
}

/* XCR0, or 0 when the operating system does not use XSAVE (leaf 1, ECX bit 27). */
static uint64_t saved_registers(void) {
    uint32_t answer[4], low, high;
    if (!ask(1, 0, answer) || (answer[ECX] >> 27 & 1) == 0) return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

/* Rows of one leaf follow each other, so that it is asked once: in a virtual machine every CPUID is a trap. */
void determineCPUFeatures(CPUFeatures *features) {
    uint64_t saved = saved_registers();
    uint32_t answer[4];
    const feature *asked = NULL;
    bool answered = false;
    memset(features, 0, sizeof *features);
    for (size_t i = 0; i < sizeof FEATURES / sizeof *FEATURES; i++) {
        const feature *f = &FEATURES[i];
        if (asked == NULL || asked->leaf != f->leaf || asked->subleaf != f->subleaf) {
            answered = ask(f->leaf, f->subleaf, answer);
            asked = f;
        }
        bool usable = (f->saved & saved) == f->saved;
        ((char *)features)[f->field] = answered && usable && (answer[f->reg] >> f->bit & 1) != 0;
    }
}

/* The mask is the struct of required features with every bit inverted: a byte that is not all ones after the features of
   this processor are added is a feature that is missing. 0: nothing is missing. */
int checkCPUFeatures(const unsigned char *mask) {
    CPUFeatures features;
    determineCPUFeatures(&features);
    const unsigned char *present = (const unsigned char *)&features;
    for (size_t i = 0; i < sizeof features; i++) {
        if ((mask[i] | present[i]) != 0xff) return 1;
    }
    return 0;
}

int checkCPUFeaturesOrExit(const unsigned char *mask, const char *message) {
    if (checkCPUFeatures(mask) == 0) return 0;
    fprintf(stderr, "%s\n", message);
    exit(EXIT_FAILURE);
}
