/*
 * guardian RUN_DIRECTORY: the parent of one VM's swtpm and QEMU.
 *
 * It outlives the agent, and neither child outlives it: both carry PR_SET_PDEATHSIG, so the kernel ends the guest even
 * when this process is killed. It is single-threaded because that signal follows the thread that forked.
 *
 * Standard input: the state key and the migration key of swtpm, 64 hex digits and a newline each, then end of file;
 * nothing at all when there is no swtpm.argv.
 *
 * The run directory belongs to the agent; the children can only write to io/ in it, so that a guest which broke out of
 * QEMU can move neither its lease nor a pid.
 *   read     swtpm.argv qemu.argv  arguments, each ended by NUL; without swtpm.argv there is no TPM
 *            guardian.conf         "-" or "UID GID" or "UID GID GROUP" for the children (GROUP: the one of /dev/kvm)
 *            agent.pid             PID STARTTIME of the agent that answers for this VM (rewritten when one re-attaches)
 *            deadline              "never", or seconds of /proc/uptime; missing or malformed means expired
 *   written  guardian.pid swtpm.pid qemu.pid    PID STARTTIME (/proc/PID/stat field 22: tells a reused pid apart)
 *            swtpm.exit qemu.exit guardian.exit "exit N" or "signal N"; for the guardian the reason
 *            swtpm.log qemu.log                 standard output and error of the children
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    KEY_DIGITS = 64, ARGS_MAX = 512, ARGV_BYTES_MAX = 256 * 1024, QMP_BYTES_MAX = 64 * 1024,
    POLL_MS = 250,           /* overshoot of a deadline */
    SOCKET_WAIT_MS = 5000,   /* swtpm until it listens: 10-20 ms normally */
    SWTPM_LEAVE_MS = 500,    /* --terminate makes swtpm leave with QEMU; after this it is asked, */
    SWTPM_TERM_MS = 2000,    /* and after this it is killed */
    QMP_BUDGET_MS = 400,     /* QEMU's main loop may be frozen: never wait longer than a poll or two */
    NO_GO_MS = 2000,         /* architecture: a source at pre-switchover resumes unless GO comes within 2 s */
    LEASE_TAIL_S = 5,        /* in the last seconds of a lease nothing may be set running again */
};

struct child { const char *name; pid_t pid; char pid_file[16], exit_file[16], log_file[16]; };

static struct child swtpm = {"swtpm", 0, "swtpm.pid", "swtpm.exit", "swtpm.log"};
static struct child qemu = {"qemu", 0, "qemu.pid", "qemu.exit", "qemu.log"};
static char keys[2][KEY_DIGITS];
static bool own_ids = true;
static unsigned child_uid, child_gid, child_group;
static int child_groups;
static sigset_t waited;

static void kill_all(void);
static void finish(const char *reason);

static void say(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("guardian: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...) {
    char reason[256];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    explicit_bzero(keys, sizeof keys);
    kill_all();
    finish(reason);
    _exit(1);
}

static long long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* ---- small files ---- */

static ssize_t read_small(const char *name, char *buffer, size_t size) {
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return -1;
    size_t length = 0;
    ssize_t n;
    while (length < size - 1 && (n = read(fd, buffer + length, size - 1 - length)) > 0) length += (size_t)n;
    close(fd);
    buffer[length] = 0;
    return (ssize_t)length;
}

/* A reader sees the whole text or no file: the agent polls for these names. */
static bool publish(const char *name, const char *text) {
    char temporary[64];
    snprintf(temporary, sizeof temporary, "%s.new", name);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return say("cannot write %s: %s", temporary, strerror(errno)), false;
    size_t length = strlen(text);
    bool written = write(fd, text, length) == (ssize_t)length;
    close(fd);
    if (!written || rename(temporary, name) != 0) return say("cannot publish %s: %s", name, strerror(errno)), false;
    return true;
}

/* Start time and state of a process, from /proc/PID/stat; the command name may hold blanks and parentheses. */
static bool process_stat(long pid, char *state, unsigned long long *start) {
    char path[40], text[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    if (read_small(path, text, sizeof text) <= 0) return false;
    char *rest = strrchr(text, ')');
    return rest && sscanf(rest + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
                          state, start) == 2;
}

static void publish_pid(const char *name, pid_t pid) {
    char text[64], state;
    unsigned long long start = 0;
    if (!process_stat(pid, &state, &start)) die("cannot read /proc/%d/stat", (int)pid);
    snprintf(text, sizeof text, "%d %llu\n", (int)pid, start);
    if (!publish(name, text)) die("cannot publish %s", name);
}

static double uptime(void) {
    char text[64];
    double seconds;
    return read_small("/proc/uptime", text, sizeof text) > 0 && sscanf(text, "%lf", &seconds) == 1 ? seconds : -1;
}

/* Seconds left of the lease; 1e18 for "never"; negative when expired or when nothing trustworthy can be read. */
static double lease_left(void) {
    char text[64], *end;
    if (read_small("deadline", text, sizeof text) <= 0) return -1;
    text[strcspn(text, "\n")] = 0;
    if (strcmp(text, "never") == 0) return 1e18;
    double deadline = strtod(text, &end), now = uptime();
    if (!isdigit((unsigned char)text[0]) || *end || now < 0) return -1;
    return deadline - now;
}

static bool agent_gone(void) {
    char text[64], state;
    long pid;
    unsigned long long expected, start;
    if (read_small("agent.pid", text, sizeof text) <= 0 || sscanf(text, "%ld %llu", &pid, &expected) != 2) return true;
    return !process_stat(pid, &state, &start) || start != expected || state == 'Z' || state == 'X';
}

/* ---- ending ---- */

static void record_end(struct child *child, int status) {
    char text[64];
    snprintf(text, sizeof text, WIFSIGNALED(status) ? "signal %d\n" : "exit %d\n",
             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    child->pid = 0;
    publish(child->exit_file, text);
    say("%s ended: %.*s", child->name, (int)strcspn(text, "\n"), text);
}

static void reap(void) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == swtpm.pid) record_end(&swtpm, status);
        else if (pid == qemu.pid) record_end(&qemu, status);
    }
}

/* Waits for a signal, at most so long. True when this guardian was asked to end. */
static bool wait_signal(long ms) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    int got = sigtimedwait(&waited, NULL, &t);
    reap();
    return got == SIGTERM || got == SIGINT;
}

static void wait_end(struct child *child, long ms) {
    for (long long end = now_ms() + ms; child->pid && now_ms() < end;) wait_signal(20);
}

static void kill_all(void) {
    if (qemu.pid) kill(qemu.pid, SIGKILL);
    if (swtpm.pid) kill(swtpm.pid, SIGKILL);
    wait_end(&qemu, 5000);
    wait_end(&swtpm, 5000);
}

static void finish(const char *reason) {
    char line[300];
    snprintf(line, sizeof line, "%s\n", reason);
    say("ends: %s", reason);
    publish("guardian.exit", line);
}

static void dismiss_swtpm(void) {
    wait_end(&swtpm, SWTPM_LEAVE_MS);
    if (swtpm.pid) kill(swtpm.pid, SIGTERM);
    wait_end(&swtpm, SWTPM_TERM_MS);
    kill_all();
}

/* ---- starting ---- */

static void read_keys(void) {
    char input[2 * (KEY_DIGITS + 1) + 1];
    mlock(input, sizeof input);
    size_t length = 0;
    ssize_t n;
    while (length < sizeof input && (n = read(STDIN_FILENO, input + length, sizeof input - length)) > 0) length += (size_t)n;
    bool good = length == sizeof input - 1;
    for (int k = 0; good && k < 2; k++) {
        const char *line = input + k * (KEY_DIGITS + 1);
        for (int i = 0; i < KEY_DIGITS; i++) good = good && isxdigit((unsigned char)line[i]);
        good = good && line[KEY_DIGITS] == '\n';
        if (good) memcpy(keys[k], line, KEY_DIGITS);
    }
    explicit_bzero(input, sizeof input);
    if (!good) die("standard input is not two lines of %d hex digits", KEY_DIGITS);
}

static void read_conf(void) {
    char text[64];
    if (read_small("guardian.conf", text, sizeof text) <= 0) die("guardian.conf cannot be read");
    if (strcmp(text, "-\n") == 0) {
        if (geteuid() == 0) die("guardian.conf: root needs a UID and a GID for the children");
        return;
    }
    int n = sscanf(text, "%u %u %u", &child_uid, &child_gid, &child_group);
    if (n < 2 || !child_uid || !child_gid) die("guardian.conf: want \"-\" or \"UID GID [GROUP]\", none of them root");
    child_groups = n - 2;
    own_ids = false;
}

/* The list points into buffer. `extra` arguments are appended. */
static void read_argv(const char *name, char *buffer, char *argv[ARGS_MAX], char *extra[], int extras) {
    ssize_t length = read_small(name, buffer, ARGV_BYTES_MAX);
    int n = 0;
    if (length <= 0 || length >= ARGV_BYTES_MAX - 1 || buffer[length - 1] != 0) die("%s is missing, too long or cut off", name);
    for (char *p = buffer; p < buffer + length && n < ARGS_MAX - extras - 1; p += strlen(p) + 1) argv[n++] = p;
    if (n >= ARGS_MAX - extras - 1 || argv[0][0] != '/') die("%s: too many arguments, or no absolute program", name);
    for (int i = 0; i < extras; i++) argv[n++] = extra[i];
    argv[n] = NULL;
}

static int key_pipe(const char *key) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) die("pipe: %s", strerror(errno));
    if (write(ends[1], key, KEY_DIGITS) != KEY_DIGITS) die("pipe: %s", strerror(errno));
    close(ends[1]);
    return ends[0];
}

__attribute__((noreturn)) static void refuse_exec(const char *what) {
    say("child: %s: %s", what, strerror(errno));
    _exit(127);
}

/* From here on only this child: give up everything, tie the life to the parent, become the program. */
__attribute__((noreturn)) static void become(char *const argv[], const char *log, int key_fd, int migration_fd, pid_t parent) {
    int null = open("/dev/null", O_RDONLY), out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);
    if (null < 0 || out < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0) refuse_exec(log);
    unsigned first_closed = 3;
    if (key_fd >= 0) { /* via high numbers, so that neither dup2 can hit the other's source */
        int k = fcntl(key_fd, F_DUPFD, 20), m = fcntl(migration_fd, F_DUPFD, 20);
        if (k < 0 || m < 0 || dup2(k, 3) < 0 || dup2(m, 4) < 0) refuse_exec("key descriptors");
        first_closed = 5;
    }
    if (syscall(SYS_close_range, first_closed, ~0u, 0) != 0) refuse_exec("close_range");
    explicit_bzero(keys, sizeof keys);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    umask(077); /* QEMU makes its sockets by umask */
    if (geteuid() == 0)
        for (int c = 0; c <= 63; c++)
            if (prctl(PR_CAPBSET_DROP, c, 0, 0, 0) != 0 && errno != EINVAL) refuse_exec("bounding set");
    gid_t groups[1] = {child_group};
    if (!own_ids && (setgroups((size_t)child_groups, groups) != 0 || setresgid(child_gid, child_gid, child_gid) != 0
                     || setresuid(child_uid, child_uid, child_uid) != 0)) refuse_exec("user and group");
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct nothing[2] = {{0, 0, 0}, {0, 0, 0}};
    if (syscall(SYS_capset, &header, nothing) != 0) refuse_exec("capabilities");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) refuse_exec("no_new_privs");
    /* Last: a change of credentials clears it (prctl(2)). The parent may have died before it was set. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) refuse_exec("parent death signal");
    execv(argv[0], argv);
    refuse_exec(argv[0]);
}

static void start(struct child *child, char *const argv[], int key_fd, int migration_fd) {
    pid_t self = getpid(), pid = fork();
    if (pid < 0) die("fork: %s", strerror(errno));
    if (pid == 0) become(argv, child->log_file, key_fd, migration_fd, self);
    child->pid = pid;
    publish_pid(child->pid_file, pid);
    say("%s is %d", child->name, (int)pid);
}

/* swtpm has one control client, QEMU: connecting to look would take its place. /proc/net/unix shows who listens. */
static bool listens(const char *path) {
    FILE *sockets = fopen("/proc/net/unix", "re");
    char *line = NULL;
    size_t size = 0, length = strlen(path);
    bool found = false;
    while (sockets && !found && getline(&line, &size, sockets) > 0) {
        size_t end = strcspn(line, "\n");
        found = end > length && line[end - length - 1] == ' ' && strncmp(line + end - length, path, length) == 0
                && strstr(line, " 00010000 ");
    }
    free(line);
    if (sockets) fclose(sockets);
    return found;
}

static void start_swtpm(const char *directory, char *buffer) {
    char key_argument[] = "fd=3,mode=aes-256-cbc,format=hex", migration_argument[] = "fd=4,mode=aes-256-cbc,format=hex";
    char key_flag[] = "--key", migration_flag[] = "--migration-key", socket_path[300];
    char *extra[] = {key_flag, key_argument, migration_flag, migration_argument}, *argv[ARGS_MAX];
    snprintf(socket_path, sizeof socket_path, "%s/io/swtpm.sock", directory);
    read_argv("swtpm.argv", buffer, argv, extra, 4);
    read_keys();
    int key_fd = key_pipe(keys[0]), migration_fd = key_pipe(keys[1]);
    explicit_bzero(keys, sizeof keys);
    start(&swtpm, argv, key_fd, migration_fd);
    close(key_fd);
    close(migration_fd);
    for (long long end = now_ms() + SOCKET_WAIT_MS; !listens(socket_path);) {
        if (wait_signal(10)) die("terminated");
        if (!swtpm.pid) die("swtpm ended before it listened, see swtpm.log");
        if (now_ms() >= end) die("swtpm does not listen on %s", socket_path);
    }
}

/* ---- a migration that nobody drives any more ---- */

/* Reads lines until one carries the id; the reply, not an event, is wanted. False on time-out or end of stream. */
static bool qmp_reply(int fd, char *buffer, const char *id, long long end) {
    size_t length = 0;
    for (;;) {
        struct pollfd readable = {fd, POLLIN, 0};
        long long left = end - now_ms();
        if (left <= 0 || length >= QMP_BYTES_MAX - 1 || poll(&readable, 1, (int)left) <= 0) return false;
        ssize_t n = read(fd, buffer + length, QMP_BYTES_MAX - 1 - length);
        if (n <= 0) return false;
        length += (size_t)n;
        buffer[length] = 0;
        for (char *line = buffer, *stop; (stop = strchr(line, '\n')); line = stop + 1) {
            *stop = 0;
            if (strstr(line, id)) return memmove(buffer, line, strlen(line) + 1), true;
            *stop = '\n';
        }
    }
}

static bool qmp_send(int fd, const char *text) { return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text); }

/* One short visit to the monitor: it has one seat, and a restarted agent wants it. -1: no answer, 0: no, 1: yes. */
static int at_pre_switchover(bool cancel) {
    static char reply[QMP_BYTES_MAX];
    long long end = now_ms() + QMP_BUDGET_MS;
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "io/qmp.sock"};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), answer = -1;
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0
        && qmp_reply(fd, reply, "\"QMP\"", end)
        && qmp_send(fd, "{\"execute\":\"qmp_capabilities\",\"id\":\"guardian-hello\"}\n")
        && qmp_reply(fd, reply, "guardian-hello", end)
        && qmp_send(fd, "{\"execute\":\"query-migrate\",\"id\":\"guardian-query\"}\n")
        && qmp_reply(fd, reply, "guardian-query", end)) {
        answer = strstr(reply, "\"pre-switchover\"") != NULL;
        /* Only here: after migrate-continue a cancel may leave the disk inactive while the guest runs. */
        if (answer == 1 && cancel && qmp_send(fd, "{\"execute\":\"migrate_cancel\",\"id\":\"guardian-cancel\"}\n"))
            say("no agent and no GO for %d ms: migrate_cancel %s", NO_GO_MS,
                qmp_reply(fd, reply, "guardian-cancel", now_ms() + QMP_BUDGET_MS) ? "answered" : "not answered");
    }
    if (fd >= 0) close(fd);
    return answer;
}

/* Called every poll. True when the guest must be killed: resuming it would let it run past its lease. */
static bool abandoned_at_pre_switchover(void) {
    static long long since;
    if (!agent_gone()) return since = 0, false;
    bool due = since && now_ms() - since >= NO_GO_MS, tail = lease_left() < LEASE_TAIL_S;
    int there = at_pre_switchover(due && !tail);
    if (there == 0) since = 0;
    if (there == 1 && !since) since = now_ms();
    return there == 1 && due && tail;
}

static void watch(void) {
    for (;;) {
        if (wait_signal(POLL_MS)) return kill_all(), finish("terminated");
        if (!qemu.pid) return dismiss_swtpm(), finish("qemu ended");
        if (lease_left() <= 0) return kill_all(), finish("deadline");
        if (abandoned_at_pre_switchover()) return kill_all(), finish("abandoned at the end of its lease");
    }
}

static void harden(void) {
    int filter = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC); /* inherited; also binds piped dumps, which RLIMIT_CORE does not (core(5)) */
    if (filter < 0 || write(filter, "0\n", 2) != 2) say("coredump_filter: %s", strerror(errno));
    if (filter >= 0) close(filter);
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) say("memory is not locked: %s", strerror(errno));
}

int main(int argc, char **argv) {
    if (argc != 2 || argv[1][0] != '/') return fputs("usage: guardian /ABSOLUTE/RUN_DIRECTORY\n", stderr), 64;
    if (chdir(argv[1]) != 0) return perror(argv[1]), 66;
    int lock = open("lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0) return fputs("guardian: another one has this run directory\n", stderr), 75;
    setsid();
    umask(077);
    harden();
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(&waited);
    sigaddset(&waited, SIGCHLD);
    sigaddset(&waited, SIGTERM);
    sigaddset(&waited, SIGINT);
    sigprocmask(SIG_SETMASK, &waited, NULL);
    publish_pid("guardian.pid", getpid());
    read_conf();
    if (lease_left() <= 0) die("deadline");
    static char swtpm_arguments[ARGV_BYTES_MAX], qemu_arguments[ARGV_BYTES_MAX];
    char *qemu_argv[ARGS_MAX];
    read_argv("qemu.argv", qemu_arguments, qemu_argv, NULL, 0);
    if (access("swtpm.argv", F_OK) == 0) start_swtpm(argv[1], swtpm_arguments);
    start(&qemu, qemu_argv, -1, -1);
    watch();
    return 0;
}
