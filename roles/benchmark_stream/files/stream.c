/* Memory bandwidth by the four kernels of McCalpin's STREAM: copy, scale, add, triad.
 *
 * Written from the published definition of the benchmark and its rules: arrays of at least four times
 * the last-level cache, initialised by the threads that use them, the first pass thrown away, the best
 * of at least ten others, results checked. Bytes are counted as STREAM counts them: what the program
 * reads and writes, not what the hardware reads before it writes (write-allocate). With ordinary stores
 * that hidden traffic makes a machine look slower than its memory; with non-temporal stores there is
 * none. So the kind of store is chosen here and said in the output, never left to the compiler.
 *
 * Loads and stores are spelled out for x86-64's baseline (SSE2), so that it is the same program on every
 * such machine and with every compiler. Compile it with
 *   cc -std=c11 -O3 -fopenmp -ffp-contract=off -fno-tree-loop-distribute-patterns stream.c -o stream
 * The last flag forbids GCC to hand the copy kernel to memcpy, which picks its own kind of store.
 *
 * Prints one JSON object. Exit status: 0 verified, 1 wrong result, 2 refused or impossible.
 */
#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#define __USE_MINGW_ANSI_STDIO 1 /* %zu */
#else
#define _DEFAULT_SOURCE /* madvise, besides POSIX */
#define _POSIX_C_SOURCE 200809L
#endif

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef _OPENMP
#error "compile with -fopenmp: without it this would measure one thread and not say so"
#endif
#include <omp.h>

#if defined(_WIN32)
#include <windows.h>
#else
#include <sys/mman.h>
#include <time.h>
#endif

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define VERSION "1.0"
#ifndef STREAM_FLAGS
#define STREAM_FLAGS "unknown"
#endif

enum { COPY, SCALE, ADD, TRIAD, KERNELS };
static const char *const kernel_names[KERNELS] = {"copy", "scale", "add", "triad"};
static const int arrays_touched[KERNELS] = {2, 2, 3, 3};

enum { MIN_PASSES = 10, MAX_PASSES = 1000, LINE = 64, MIN_CACHES = 4 };

/* sqrt(2) - 1: one pass of the four kernels then leaves the arrays as they were, for any number of passes. */
static const double scalar = 0.41421356237309504880;

static _Noreturn void refuse(const char *message)
{
    fprintf(stderr, "stream: %s\n", message);
    exit(2);
}

/* --- time ------------------------------------------------------------------------------------ */

static double now(void)
{
#if defined(_WIN32)
    LARGE_INTEGER count, frequency;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&count);
    return (double)count.QuadPart / (double)frequency.QuadPart;
#else
    struct timespec t;
    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
        refuse("this system has no monotonic clock");
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
#endif
}

/* The smallest step that the clock was seen to make, in seconds. */
static double clock_step(void)
{
    double smallest = 1.0;
    for (int i = 0; i < 50; i++) {
        double start = now(), end;
        do
            end = now();
        while (end <= start);
        if (end - start < smallest)
            smallest = end - start;
    }
    return smallest;
}

/* --- last-level cache, in bytes over all sockets; 0 where the system doesn't tell --------------- */

#if defined(_WIN32)
static size_t last_level_cache(void)
{
    DWORD length = 0;
    GetLogicalProcessorInformationEx(RelationCache, NULL, &length);
    char *buffer = malloc(length);
    size_t total = 0;
    int level = 0;
    if (buffer && GetLogicalProcessorInformationEx(RelationCache, (void *)buffer, &length)) {
        for (DWORD at = 0; at < length;) {
            const SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *entry = (const void *)(buffer + at);
            if (entry->Cache.Level > level) {
                level = entry->Cache.Level;
                total = 0;
            }
            if (entry->Cache.Level == level)
                total += entry->Cache.CacheSize;
            at += entry->Size;
        }
    }
    free(buffer);
    return total;
}
#else
static bool read_line(const char *path, char *line, int size)
{
    FILE *file = fopen(path, "r");
    bool read = file && fgets(line, size, file);
    if (file)
        fclose(file);
    if (read)
        line[strcspn(line, "\n")] = '\0';
    return read;
}

static size_t last_level_cache(void)
{
    enum { CPUS = 4096, INDEXES = 8 };
    int level = 0;
    size_t total = 0;
    for (int cpu = 0; cpu < CPUS; cpu++) {
        for (int index = 0; index < INDEXES; index++) {
            char path[128], text[64];
            const char *folder = "/sys/devices/system/cpu/cpu%d/cache/index%d/%s";
            snprintf(path, sizeof path, folder, cpu, index, "level");
            if (!read_line(path, text, sizeof text))
                break;
            int this_level = atoi(text);
            /* Shared caches are counted at their first processor. */
            snprintf(path, sizeof path, folder, cpu, index, "shared_cpu_list");
            if (!read_line(path, text, sizeof text) || atoi(text) != cpu)
                continue;
            snprintf(path, sizeof path, folder, cpu, index, "size");
            if (!read_line(path, text, sizeof text))
                continue;
            char *unit;
            size_t size = strtoull(text, &unit, 10);
            size <<= *unit == 'K' ? 10 : *unit == 'M' ? 20 : *unit == 'G' ? 30 : 0;
            if (this_level > level) {
                level = this_level;
                total = 0;
            }
            if (this_level == level)
                total += size;
        }
    }
    return total;
}
#endif

/* --- memory ---------------------------------------------------------------------------------- */

static double *allocate(size_t bytes)
{
#if defined(_WIN32)
    double *array = VirtualAlloc(NULL, bytes, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
#else
    const size_t huge_page = (size_t)2 << 20;
    size_t rounded = (bytes + huge_page - 1) / huge_page * huge_page;
    double *array = aligned_alloc(huge_page, rounded);
#if defined(MADV_HUGEPAGE)
    /* Small pages cost bandwidth, and whether one gets large ones unasked differs between systems. */
    if (array)
        (void)madvise(array, rounded, MADV_HUGEPAGE);
#endif
#endif
    if (!array)
        refuse("not enough memory for three arrays");
    return array;
}

/* Bytes of this process that lie in large pages; -1 where the system doesn't tell. */
static int64_t huge_page_bytes(void)
{
    int64_t kilobytes = -1;
#if !defined(_WIN32)
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    char line[128];
    while (file && kilobytes < 0 && fgets(line, sizeof line, file))
        if (sscanf(line, "AnonHugePages: %" SCNd64, &kilobytes) != 1)
            kilobytes = -1;
    if (file)
        fclose(file);
#endif
    return kilobytes < 0 ? -1 : kilobytes * 1024;
}

/* --- kernels --------------------------------------------------------------------------------- */

/* What a thread works on: its share in whole cache lines. The same for first touch and every kernel. */
struct share {
    size_t begin, end;
};

static struct share my_share(size_t elements)
{
    size_t lines = elements * sizeof(double) / LINE, per_line = LINE / sizeof(double);
    size_t threads = (size_t)omp_get_num_threads(), thread = (size_t)omp_get_thread_num();
    struct share s = {lines * thread / threads * per_line, lines * (thread + 1) / threads * per_line};
    return s;
}

#if defined(__SSE2__)
#define HAVE_NONTEMPORAL 1
#define VECTOR_BYTES 16
typedef __m128d vector;
#define SPREAD(x) _mm_set1_pd(x)
#define LOAD(p) _mm_load_pd(p)
#define PLUS(x, y) _mm_add_pd(x, y)
#define TIMES(x, y) _mm_mul_pd(x, y)
#define STORE_PLAIN(p, x) _mm_store_pd(p, x)
#define STORE_NT(p, x) _mm_stream_pd(p, x)
#define FENCE_NT() _mm_sfence()
#else
#define VECTOR_BYTES 8
typedef double vector;
#define SPREAD(x) (x)
#define LOAD(p) (*(p))
#define PLUS(x, y) ((x) + (y))
#define TIMES(x, y) ((x) * (y))
#define STORE_PLAIN(p, x) (*(p) = (x))
#if defined(__clang__) && defined(__aarch64__)
#define HAVE_NONTEMPORAL 1
#define STORE_NT(p, x) __builtin_nontemporal_store(x, p)
#define FENCE_NT() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#else
#define HAVE_NONTEMPORAL 0
#endif
#endif

#define DEFINE_KERNELS(KIND, STORE, FENCE)                                                            \
    static void pass_##KIND(int kernel, double *restrict a, double *restrict b, double *restrict c,   \
                            size_t elements)                                                          \
    {                                                                                                 \
        const size_t step = VECTOR_BYTES / sizeof(double);                                            \
        _Pragma("omp parallel")                                                                       \
        {                                                                                             \
            const struct share s = my_share(elements);                                                \
            const vector q = SPREAD(scalar);                                                          \
            switch (kernel) {                                                                         \
            case COPY:                                                                                \
                for (size_t i = s.begin; i < s.end; i += step)                                        \
                    STORE(c + i, LOAD(a + i));                                                        \
                break;                                                                                \
            case SCALE:                                                                               \
                for (size_t i = s.begin; i < s.end; i += step)                                        \
                    STORE(b + i, TIMES(q, LOAD(c + i)));                                              \
                break;                                                                                \
            case ADD:                                                                                 \
                for (size_t i = s.begin; i < s.end; i += step)                                        \
                    STORE(c + i, PLUS(LOAD(a + i), LOAD(b + i)));                                     \
                break;                                                                                \
            default:                                                                                  \
                for (size_t i = s.begin; i < s.end; i += step)                                        \
                    STORE(a + i, PLUS(LOAD(b + i), TIMES(q, LOAD(c + i))));                           \
            }                                                                                         \
            FENCE();                                                                                  \
        }                                                                                             \
    }

#define NO_FENCE() ((void)0)
DEFINE_KERNELS(plain, STORE_PLAIN, NO_FENCE)
#if HAVE_NONTEMPORAL
DEFINE_KERNELS(nt, STORE_NT, FENCE_NT)
#endif

/* --- check ----------------------------------------------------------------------------------- */

static double largest_error(const double *array, size_t elements, double expected)
{
    double largest = 0.0;
#pragma omp parallel for schedule(static) reduction(max : largest)
    for (size_t i = 0; i < elements; i++) {
        double error = fabs(array[i] - expected) / fabs(expected);
        if (!(error <= largest)) /* NaN counts as wrong */
            largest = isnan(error) ? DBL_MAX : error;
    }
    return largest;
}

static double verify(const double *a, const double *b, const double *c, size_t elements, int passes)
{
    double ea = 1.0, eb = 2.0, ec = 0.0;
    for (int pass = 0; pass < passes; pass++) {
        ec = ea;
        eb = scalar * ec;
        ec = ea + eb;
        ea = eb + scalar * ec;
    }
    return fmax(largest_error(a, elements, ea),
                fmax(largest_error(b, elements, eb), largest_error(c, elements, ec)));
}

/* --- output ---------------------------------------------------------------------------------- */

static void print_kernel(int kernel, const double *times, int passes, size_t array_bytes, bool last)
{
    const double bytes = (double)array_bytes * arrays_touched[kernel];
    double best = times[1], worst = times[1], sum = 0.0;
    for (int pass = 1; pass < passes; pass++) {
        best = fmin(best, times[pass]);
        worst = fmax(worst, times[pass]);
        sum += times[pass];
    }
    printf("    \"%s\": {\"bytes_per_pass\": %.0f, \"best_gb_s\": %.4f, \"avg_gb_s\": %.4f, "
           "\"min_s\": %.9f, \"avg_s\": %.9f, \"max_s\": %.9f, \"times_s\": [",
           kernel_names[kernel], bytes, 1e-9 * bytes / best, 1e-9 * bytes / (sum / (passes - 1)), best,
           sum / (passes - 1), worst);
    for (int pass = 0; pass < passes; pass++)
        printf("%s%.9f", pass ? ", " : "", times[pass]);
    printf("]}%s\n", last ? "" : ",");
}

static const char *compiler(void)
{
#if defined(__clang__)
    return "clang " __clang_version__;
#elif defined(__GNUC__)
    return "gcc " __VERSION__;
#else
    return "unknown";
#endif
}

static const char *binding(void)
{
    switch (omp_get_proc_bind()) {
    case omp_proc_bind_false: return "false";
    case omp_proc_bind_true: return "true";
    case omp_proc_bind_master: return "master";
    case omp_proc_bind_close: return "close";
    case omp_proc_bind_spread: return "spread";
    default: return "unknown";
    }
}

/* --- command line ---------------------------------------------------------------------------- */

struct options {
    size_t bytes;
    int passes;
    bool nontemporal, allow_small;
};

static const char usage[] =
    "usage: stream [--bytes N] [--passes N] [--threads N] [--stores auto|nt|plain] [--allow-small]\n"
    "  --bytes N       size of each of the three arrays; default and least: 4 x last-level cache\n"
    "  --passes N      passes over the kernels, the first of which doesn't count (11..1000, default 21)\n"
    "  --threads N     threads (default: what OpenMP says); pin them: OMP_PROC_BIND=close OMP_PLACES=cores\n"
    "  --stores KIND   non-temporal or plain stores; auto is non-temporal where the compiler has them\n"
    "  --allow-small   also measure arrays that fit into a cache; says so in the output\n"
    "  --cache         print the size of the last-level cache in bytes, over all sockets, 0 if unknown\n"
    "  --version       print version, compiler and flags\n";

static unsigned long long number(const char *name, const char *text, unsigned long long least,
                                 unsigned long long most)
{
    char *end, message[128];
    errno = 0;
    unsigned long long value = text ? strtoull(text, &end, 10) : 0;
    if (!text || !*text || *text == '-' || *end || errno || value < least || value > most) {
        snprintf(message, sizeof message, "%s wants a whole number from %llu to %llu", name, least, most);
        refuse(message);
    }
    return value;
}

static struct options parse(int argc, char **argv)
{
    struct options o = {0, 21, HAVE_NONTEMPORAL, false};
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (!strcmp(name, "--allow-small")) {
            o.allow_small = true;
        } else if (!strcmp(name, "--cache")) {
            printf("%zu\n", last_level_cache());
            exit(0);
        } else if (!strcmp(name, "--version")) {
            printf("vttbench-stream %s (%s; %s)\n", VERSION, compiler(), STREAM_FLAGS);
            exit(0);
        } else if (!strcmp(name, "--help")) {
            fputs(usage, stdout);
            exit(0);
        } else if (!strcmp(name, "--bytes")) {
            o.bytes = (size_t)number(name, value, 4096, SIZE_MAX / 4) / LINE * LINE, i++;
        } else if (!strcmp(name, "--passes")) {
            o.passes = (int)number(name, value, MIN_PASSES + 1, MAX_PASSES), i++;
        } else if (!strcmp(name, "--threads")) {
            omp_set_num_threads((int)number(name, value, 1, 4096)), i++;
        } else if (!strcmp(name, "--stores") && value) {
            if (!strcmp(value, "nt") && !HAVE_NONTEMPORAL)
                refuse("this compiler has no non-temporal stores here; use --stores plain");
            if (!strcmp(value, "plain"))
                o.nontemporal = false;
            else if (strcmp(value, "nt") != 0 && strcmp(value, "auto") != 0)
                refuse("--stores wants auto, nt or plain");
            i++;
        } else {
            fputs(usage, stderr);
            refuse("unknown option");
        }
    }
    return o;
}

int main(int argc, char **argv)
{
    struct options o = parse(argc, argv);
    const size_t cache = last_level_cache();
    if (!o.bytes) {
        if (!cache)
            refuse("the size of the last-level cache is unknown here: give --bytes, at least four times it");
        o.bytes = MIN_CACHES * cache;
    }
    if (o.bytes < MIN_CACHES * cache && !o.allow_small) {
        char message[200];
        snprintf(message, sizeof message,
                 "arrays of %zu bytes are smaller than four times the last-level cache of %zu bytes and would "
                 "measure the cache; give --bytes of at least %zu, or --allow-small",
                 o.bytes, cache, MIN_CACHES * cache);
        refuse(message);
    }

    const size_t elements = o.bytes / sizeof(double);
    double *a = allocate(o.bytes), *b = allocate(o.bytes), *c = allocate(o.bytes);
    int threads = 1;
#pragma omp parallel
    {
        const struct share s = my_share(elements);
        for (size_t i = s.begin; i < s.end; i++)
            a[i] = 1.0, b[i] = 2.0, c[i] = 0.0;
#pragma omp single
        threads = omp_get_num_threads();
    }

    static double times[KERNELS][MAX_PASSES];
    for (int pass = 0; pass < o.passes; pass++)
        for (int kernel = 0; kernel < KERNELS; kernel++) {
            double start = now();
#if HAVE_NONTEMPORAL
            if (o.nontemporal)
                pass_nt(kernel, a, b, c, elements);
            else
#endif
                pass_plain(kernel, a, b, c, elements);
            times[kernel][pass] = now() - start;
        }

#if defined(STREAM_TEST_CORRUPT)
    b[elements / 2] = STREAM_TEST_CORRUPT;
#endif
    const double error = verify(a, b, c, elements, o.passes);
    const bool verified = error < 1e-13;

    printf("{\n  \"program\": \"vttbench-stream\", \"version\": \"" VERSION "\",\n"
           "  \"compiler\": \"%s\", \"flags\": \"%s\",\n"
           "  \"stores\": \"%s\", \"vector_bytes\": %d, \"threads\": %d, \"proc_bind\": \"%s\",\n"
           "  \"array_bytes\": %zu, \"cache_bytes\": %zu, \"huge_page_bytes\": %" PRId64 ",\n"
           "  \"passes\": %d, \"clock_resolution_s\": %.9f,\n"
           "  \"verified\": %s, \"largest_relative_error\": %.3e,\n  \"kernels\": {\n",
           compiler(), STREAM_FLAGS, o.nontemporal ? "nt" : "plain", VECTOR_BYTES, threads, binding(), o.bytes,
           cache, huge_page_bytes(), o.passes, clock_step(), verified ? "true" : "false", error);
    for (int kernel = 0; kernel < KERNELS; kernel++)
        print_kernel(kernel, times[kernel], o.passes, o.bytes, kernel == KERNELS - 1);
    printf("  }\n}\n");
    if (!verified)
        fprintf(stderr, "stream: wrong result: an element is off by a factor of %.3e\n", error);
    return verified && fflush(stdout) == 0 ? 0 : 1;
}
