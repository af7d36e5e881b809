// Small measurements inside the guest, as one static program, so that the initrd needs no other tools.
//   probe witness FILE                    counts in RAM, every 10 ms
//   probe ticks DEVICE|- SUMMARY          sends a numbered tick every 5 ms until SIGTERM
//   probe tpmclock SUMMARY                follows the TPM's clock until SIGTERM
//   probe dirty MIB MIB_PER_SECOND SUMMARY  rewrites and verifies memory until SIGTERM
//   probe mutable FILE                    clears the immutable flag
//   probe vbs                             runs a nested guest to its HLT instruction
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;

static void on_term(int signal_number) {
    (void)signal_number;
    stopped = 1;
}

static int fail(const char *what) {
    printf("%s failed: %s\n", what, strerror(errno));
    return 1;
}

static int64_t now_us(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void sleep_us(int64_t us) {
    struct timespec t = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&t, NULL);
}

// Readers poll for the summary, so it must appear complete.
static int write_summary(const char *path, const char *text) {
    char temporary[256];
    snprintf(temporary, sizeof temporary, "%s.new", path);
    FILE *f = fopen(temporary, "w");
    if (!f || fputs(text, f) < 0 || fclose(f) != 0) return fail("summary");
    return rename(temporary, path) == 0 ? 0 : fail("summary");
}

static int witness(const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0) return fail("open");
    char text[32];
    for (uint64_t n = 1; !stopped; n++) {
        int length = snprintf(text, sizeof text, "%020" PRIu64 "\n", n);
        if (pwrite(fd, text, length, 0) != length) return fail("write");
        sleep_us(10000);
    }
    return 0;
}

// The guest's clocks stand still while it is stopped, so the pause shows only to somebody outside: each
// tick carries the guest's own time, and the reader compares it with the time of arrival. The port is
// opened non-blocking: ticks that nobody reads are dropped, and counted.
static int ticks(const char *device, const char *summary) {
    int fd = strcmp(device, "-") == 0 ? -1 : open(device, O_WRONLY | O_NONBLOCK);
    uint64_t sequence = 0, dropped = 0;
    int64_t previous = now_us(CLOCK_MONOTONIC), largest = 0;
    char text[256];
    while (!stopped) {
        sleep_us(5000);
        int64_t now = now_us(CLOCK_MONOTONIC);
        if (now - previous > largest) largest = now - previous;
        previous = now;
        int length = snprintf(text, sizeof text, "%" PRIu64 " %" PRId64 "\n", ++sequence, now);
        if (fd < 0 || write(fd, text, length) != length) dropped++;
    }
    snprintf(text, sizeof text, "ticks=%" PRIu64 " dropped=%" PRIu64 " guest_gap_us=%" PRId64 "\n", sequence, dropped,
             largest);
    return write_summary(summary, text);
}

// TPM2_ReadClock; the answer holds, after the 10-byte header, Time (ms), then Clock (ms).
static int64_t tpm_clock_ms(int fd) {
    static const unsigned char command[] = {0x80, 1, 0, 0, 0, 10, 0, 0, 1, 0x81};
    unsigned char answer[128];
    if (write(fd, command, sizeof command) != (ssize_t)sizeof command) return -1;
    if (read(fd, answer, sizeof answer) < 26) return -1;
    if (answer[6] | answer[7] | answer[8] | answer[9]) return -1;
    int64_t ms = 0;
    for (int i = 18; i < 26; i++) ms = ms << 8 | answer[i];
    return ms;
}

// The vTPM takes its time from the host, so its lead over the guest's clock grows by what the guest lost.
static int tpmclock(const char *summary) {
    int fd = open("/dev/tpmrm0", O_RDWR);
    if (fd < 0) return fail("open /dev/tpmrm0");
    int64_t first = 0, last = 0, step = 0, slowest = 0;
    int samples = 0, failures = 0;
    while (!stopped) {
        int64_t before = now_us(CLOCK_MONOTONIC);
        int64_t tpm = tpm_clock_ms(fd);
        int64_t after = now_us(CLOCK_MONOTONIC);
        if (tpm < 0) {
            failures++;
        } else {
            int64_t lead = tpm - (before + after) / 2000;
            if (samples++ == 0) first = last = lead;
            if (lead - last > step) step = lead - last;
            last = lead;
            if (after - before > slowest) slowest = after - before;
        }
        sleep_us(100000);
    }
    char text[256];
    snprintf(text, sizeof text,
             "tpm_pause_ms=%" PRId64 " tpm_step_ms=%" PRId64 " tpm_slowest_read_ms=%" PRId64
             " tpm_samples=%d tpm_failures=%d\n",
             last - first, step, slowest / 1000, samples, failures);
    return write_summary(summary, text);
}

// Each word tells its page and pass, so a lost or stale page after a migration is found, not guessed.
static int dirty(size_t mib, int64_t mib_per_second, const char *summary) {
    const size_t page_words = 4096 / sizeof(uint64_t), pages = mib * 256;
    volatile uint64_t *memory =
        mmap(NULL, mib << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) return fail("mmap");
    uint64_t pass = 0, bad = 0;
    while (!stopped) {
        pass++;
        for (size_t page = 0; page < pages && !stopped; page++) {
            volatile uint64_t *words = memory + page * page_words;
            uint64_t old = pass == 1 ? 0 : (pass - 1) << 32 | page, next = pass << 32 | page;
            int differs = 0;
            for (size_t i = 0; i < page_words; i++) {
                differs |= words[i] != old;
                words[i] = next;
            }
            bad += differs;
            if (mib_per_second > 0 && page % 256 == 255) sleep_us(1000000 / mib_per_second);
        }
    }
    char text[128];
    snprintf(text, sizeof text, "passes=%" PRIu64 " bad_pages=%" PRIu64 "\n", pass, bad);
    return write_summary(summary, text);
}

static int mutable_file(const char *path) {
    int flags, fd = open(path, O_RDONLY);
    if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0) return fail("reading the flags");
    flags &= ~FS_IMMUTABLE_FL;
    return ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0 ? 0 : fail("clearing the immutable flag");
}

static int vbs(void) {
    static const unsigned char code[] = {0xb8, 0x2a, 0x00, 0xf4};  // mov $42,%ax; hlt
    int kvm = open("/dev/kvm", O_RDWR);
    if (kvm < 0) return fail("open /dev/kvm");
    int vm = ioctl(kvm, KVM_CREATE_VM, 0);
    if (vm < 0) return fail("KVM_CREATE_VM");
    puts("KVM_CREATE_VM ok");

    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return fail("mmap");
    memcpy(memory, code, sizeof code);
    struct kvm_userspace_memory_region region = {
        .guest_phys_addr = 0x1000, .memory_size = 4096, .userspace_addr = (uintptr_t)memory};
    if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) < 0) return fail("KVM_SET_USER_MEMORY_REGION");

    int cpu = ioctl(vm, KVM_CREATE_VCPU, 0);
    if (cpu < 0) return fail("KVM_CREATE_VCPU");
    int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    struct kvm_run *run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, cpu, 0);
    if (run == MAP_FAILED) return fail("mmap of kvm_run");

    struct kvm_sregs sregs;
    if (ioctl(cpu, KVM_GET_SREGS, &sregs) < 0) return fail("KVM_GET_SREGS");
    sregs.cs.base = 0;
    sregs.cs.selector = 0;
    if (ioctl(cpu, KVM_SET_SREGS, &sregs) < 0) return fail("KVM_SET_SREGS");
    struct kvm_regs regs = {.rip = 0x1000, .rflags = 2};
    if (ioctl(cpu, KVM_SET_REGS, &regs) < 0) return fail("KVM_SET_REGS");

    if (ioctl(cpu, KVM_RUN, 0) < 0) return fail("KVM_RUN");
    if (ioctl(cpu, KVM_GET_REGS, &regs) < 0) return fail("KVM_GET_REGS");
    if (run->exit_reason != KVM_EXIT_HLT || (regs.rax & 0xffff) != 42) {
        printf("nested exit reason %u, rax %llu\n", run->exit_reason, regs.rax);
        return 1;
    }
    puts("nested hlt ok");
    return 0;
}

int main(int argc, char **argv) {
    struct sigaction action = {.sa_handler = on_term};
    sigaction(SIGTERM, &action, NULL);
    const char *command = argc > 1 ? argv[1] : "";
    if (argc == 3 && strcmp(command, "witness") == 0) return witness(argv[2]);
    if (argc == 4 && strcmp(command, "ticks") == 0) return ticks(argv[2], argv[3]);
    if (argc == 3 && strcmp(command, "tpmclock") == 0) return tpmclock(argv[2]);
    if (argc == 5 && strcmp(command, "dirty") == 0) return dirty(strtoul(argv[2], NULL, 10), atoll(argv[3]), argv[4]);
    if (argc == 3 && strcmp(command, "mutable") == 0) return mutable_file(argv[2]);
    if (argc == 2 && strcmp(command, "vbs") == 0) return vbs();
    puts("probe: unknown command");
    return 2;
}
