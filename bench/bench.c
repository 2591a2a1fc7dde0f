/* bench.c - every operation of medvol, timed beside the floor that this machine allows and beside the peers
   that were built in.

   Method: pinned when serial; five rounds through all rows, each with new memory (two where one working set
   is four times the last cache), warmed up until three successive medians agree within 2 %; then samples of
   at least 20 ms, each of a calibration kernel, the floor, our call and every peer's, one after the other,
   until there are 30 in all or the row's time is spent (never fewer than five, three of calls so long that
   one turn takes it all). Medians of wall-clock time.
   Working sets larger than the last cache are rotated until four times the cache has passed. A call of a
   tenth of a second needs neither: it has warmed up, and swept the caches, before it is half through. */
#define _GNU_SOURCE 1
#include "bench.h"
#include "detect.h"
#include "floors.h"
#include <regex.h>

static const char usage[] =
    "bench [--op REGEX] [--size N,...] [--threads N,...] [--level N] [--peers] [--json FILE]\n"
    "Every operation on N x N x N voxels [256]; threads 0: one a core [1]; level: highest SIMD level.\n"
    "--op REGEX     only rows whose name it matches (extended, anywhere in the name)\n"
    "--peers        the other libraries too (make bench PEERS=1 builds them in)\n"
    "--json FILE    rows, machine and samples as JSON\n"
    "--file FILE    only the rows of gzip, on the voxels of this volume as they are stored\n"
    "--compare FILE against such a file: exit 1 when a row is slower, 3 when it cannot be compared\n"
    "--relative     another machine's too, gate 25 %\n"
    "--seconds S    time a row may take [2]\n"
    "--samples N    samples of a row [30]\n"
    "--smoke        one call of each row and peer, results checked, nothing timed\n"
    "--self-test    does the detector see 10 % more time, and nothing where nothing is? 20 minutes\n"
    "--list         the rows, each its name and its type\n";

unsigned char t_called[2][API_COUNT];
int bench_timed;

#define X(name) rows_##name,
static const bench_row *const tables[] = {BENCH_TABLES(X) NULL};
#undef X
#ifdef BENCH_PEERS
#  define X(name) extern const bench_peer peers_##name[];
#  include "peers.h"
#  undef X
#  define X(name) peers_##name,
static const bench_peer *const peer_tables[] = {
#  include "peers.h"
    NULL};
#  undef X
#else
static const bench_peer *const peer_tables[] = {NULL};
#endif

enum { BENCH_FORMAT = 4 }; /* rises when what is measured changes: older baselines are then refused */
#define LONG_CALL 0.1 /* s */
#define LEAST_SAMPLE 0.02 /* s; of 10 ms the deviation in memory is a fifth larger */
enum { ROUNDS = 5, SETS_MAX = 64, PEERS_MAX = 16, SAMPLES_MAX = DETECT_MAX, LIST_MAX = 16 };
/* who calls: ours, then the peers */
typedef struct contestant {
    const bench_peer *peer; /* NULL: ours */
    int out;                /* it failed or was wrong */
    int inner;              /* calls in a sample */
    size_t packed;
    void *own[SETS_MAX];    /* the peer's for each set */
    double time[SAMPLES_MAX];
} contestant;
/* a row at one size with so many threads, and what was measured */
typedef struct job {
    const bench_row *row;
    mv_dtype dtype; /* the row's, or the file's */
    size_t side;
    int threads;
    char shape[32];
    contestant who[1 + PEERS_MAX];
    int contestants, n, rounds;
    double cpu[SAMPLES_MAX], floor[SAMPLES_MAX], calibration[SAMPLES_MAX];
    double bytes, allocs, alloc_bytes, peak_bytes;
    /* verdict against a baseline */
    detect_result against;
    int compared, confirmed;
} job;
typedef struct program {
    ex e;
    regex_t op;
    int has_op, peers, smoke, self_test, relative, samples, sizes, thread_counts, in_memory;
    size_t size[LIST_MAX];
    int threads[LIST_MAX];
    double seconds, slowdown; /* of the self-test: so much more time than the call takes */
    const char *json, *compare, *file;
    calibration cache, memory;
    double peak[LIST_MAX]; /* multiply-adds a second, by thread count */
    double cache_bytes;
    char floors[6000]; /* of the machine, as JSON */
    int cores;
    mv_volume head;    /* what all rows work on: in f32, or the file */
    size_t floor_stride;
    bench set[SETS_MAX];
    int sets, turn, failures;
    job *jobs;
    int n_jobs;
} program;

/* ---- working sets ---- */
double bench_value(const mv_volume *v, size_t i) {
    double x = 0.0;
    size_t k = mv_dtype_size(v->dtype);
    switch (v->dtype) { /* those that oracles read by the million */
        case MEDVOL_F32: return ((const float *)v->data)[i];
        case MEDVOL_F64: return ((const double *)v->data)[i];
        case MEDVOL_I16: return ((const int16_t *)v->data)[i];
        case MEDVOL_U8: return ((const uint8_t *)v->data)[i];
        default: break;
    }
    if (mv_convert_array(NULL, &x, MEDVOL_F64, (const char *)v->data + i * k, v->dtype, 1, 0, 0) < 0)
        return ((const unsigned char *)v->data)[i];
    return x;
}
int bench_known(bench_key *key, const bench *b) {
    bench_key now;
    int known;
    now.data = b->in.data, now.side = b->side, now.dtype = b->in.dtype;
    now.middle = bench_value(&b->in, mv_volume_count(&b->in) / 2);
    known = key->data == now.data && key->side == now.side && key->dtype == now.dtype &&
        key->middle == now.middle;
    *key = now;
    return known;
}
mv_status bench_room(bench *b, mv_volume *v, size_t n) {
    mv_status st = mv_volume_alloc(b->ctx, v, MEDVOL_U8, 1, &n);
    if (st >= 0) memset(v->data, 1, n);
    return st;
}
static void set_free(bench *b, const bench_row *row) {
    int k;
    if (row->done) row->done(b);
    for (k = 0; k < 2; k++)
        if (b->path[k][0]) remove(b->path[k]);
    for (k = 0; k < BENCH_AUX; k++) mv_volume_free(b->ctx, &b->aux[k]);
    mv_volume_free(b->ctx, &b->peer);
    mv_volume_free(b->ctx, &b->out);
    mv_volume_free(b->ctx, &b->in);
    memset(b, 0, sizeof *b);
}
const char *bench_path(bench *b, int k, const char *suffix) {
    static int files;
    snprintf(b->path[k], sizeof b->path[k], "%s-%d%s", ex_temp("bench"), files++, suffix);
    return b->path[k];
}
static void set_make(program *p, bench *b, const job *j, mv_ctx *ctx) {
    ex *e = &p->e;
    memset(b, 0, sizeof *b);
    b->ctx = ctx;
    b->side = j->side;
    EX_OK(mv_convert(ctx, &b->in, &p->head, j->dtype, NULL));
    if (j->row->setup) EX_OK(j->row->setup(b));
}
/* A noisy head of that side, kept for all rows of the size. */
static void head_make(program *p, size_t side) {
    static const double mm[12] = {0.9, 0, 0, -60, 0, 0.9, 0, -70, 0, 0, 0.9, -80};
    double place[12] = {0};
    int k;
    if (p->head.data && (p->file || p->head.dim[0] == side)) return;
    mv_volume_free(&p->e.ctx, &p->head);
    if (p->file) {
        ex_ok(&p->e, mv_load(&p->e.ctx, &p->head, p->file, NULL), 0);
        return;
    }
    for (k = 0; k < 3; k++) {
        place[5 * k] = 240.0 / (double)side;
        place[4 * k + 3] = -0.5 * place[5 * k] * (double)(side - 1);
    }
    ex_make_head(&p->e, &p->head, MEDVOL_F32, side, side, side, place, 20.0);
    memcpy(p->head.affine, mm, sizeof mm);
}

/* ---- calls ---- */
static double run_ours(program *p, const bench_row *row, bench *b) {
    ex *e = &p->e;
    double t = ex_now();
    bench_timed = 1;
    EX_OK(row->run(b));
    bench_timed = 0;
    return ex_now() - t;
}
enum { PEER_SETUP, PEER_RUN, PEER_CHECK, PEER_DONE };
/* A peer's function on set k, with what it keeps for that set; non-zero: failed. A setup may decline. */
static int peer_does(program *p, contestant *c, int what, int k) {
    bench *b = &p->set[k];
    int bad = 0;
    b->peer_own = c->own[k];
    switch (what) {
        case PEER_SETUP: bad = c->peer->setup ? c->peer->setup(b) : 0; c->out |= bad < 0; break;
        case PEER_RUN: bad = c->peer->run(b) != 0; break;
        case PEER_CHECK: bad = c->peer->check(b) != 0; break;
        default:
            if (c->peer->done) c->peer->done(b);
    }
    c->own[k] = what == PEER_DONE ? NULL : b->peer_own;
    return bad > 0;
}
static void peer_out(program *p, contestant *c, const char *op, const char *what) {
    ex_bar_clear();
    fprintf(stderr, "%s: %s: %s: %s\n", p->e.program, op, c->peer->name, what);
    c->out = 1;
    p->failures++;
}
/* One call of whoever it is, on the next working set. */
static void call(program *p, const job *j, contestant *c) {
    int k = p->turn++ % p->sets;
    ex *e = &p->e;
    if (!c->peer) EX_OK(j->row->run(&p->set[k]));
    else if (peer_does(p, c, PEER_RUN, k)) peer_out(p, c, j->row->op, "failed");
}
/* Seconds of a call, over c->inner of them. */
static double sample(program *p, const job *j, contestant *c, double *cpu) {
    double t, u;
    int i;
    if (!p->in_memory && c->inner > 1) call(p, j, c); /* back into the caches */
    u = ex_cpu_time();
    t = ex_now();
    for (i = 0; i < c->inner; i++) call(p, j, c);
    t = ex_now() - t;
    if (cpu) *cpu = (ex_cpu_time() - u) / c->inner;
    if (!c->peer && p->slowdown > 0.0) {
        double end = ex_now() + p->slowdown * t;
        while (ex_now() < end) {}
        t *= 1.0 + p->slowdown;
    }
    return t / c->inner;
}
/* Until three successive medians of five agree within 2 %, or half the round's time is gone; how many calls
   make a sample. */
static void warm_up(program *p, const job *j, contestant *c) {
    double median[3] = {0, 0, 0}, five[5], t, spent = 0.0;
    int k;
    c->inner = 1;
    if (j->n > 0 && c->time[j->n - 1] > LONG_CALL) return;
    t = sample(p, j, c, NULL);
    while (t * c->inner < LEAST_SAMPLE && c->inner < 1 << 22) {
        c->inner = (int)fmin(fmax(2.0 * c->inner, LEAST_SAMPLE / fmax(t, 1e-10)), 1 << 22);
        t = sample(p, j, c, NULL);
    }
    while (t + spent < 0.5 * p->seconds / j->rounds) {
        for (k = 0; k < 5; k++) spent += (five[k] = sample(p, j, c, NULL)) * c->inner;
        median[0] = median[1];
        median[1] = median[2];
        median[2] = detect_median(five, 5);
        if (median[0] > 0.0 && fabs(median[0] / median[2] - 1.0) < 0.02 &&
            fabs(median[1] / median[2] - 1.0) < 0.02)
            return;
    }
}

/* ---- floors ---- */
/* bytes of that letter of a row's floor */
static double floor_bytes(const program *p, char letter) {
    const bench *b = &p->set[0];
    switch (letter) {
        case 'a': return (double)bench_bytes(&b->aux[0]);
        case 'b': return (double)bench_bytes(&b->aux[1]);
        case 'd': return (double)bench_bytes(&b->aux[2]);
        case 'r': return (double)bench_bytes(&b->in);
        case 'm': return 0.5 * (double)(bench_bytes(&b->in) + bench_bytes(&b->out)); /* of a copy */
        case 'f': return (double)bench_bytes(b->out.data && !b->numbers ? &b->out : &b->in);
        default: return (double)bench_bytes(&b->out);
    }
}
static double floor_time(program *p, const job *j, int thread_count) {
    double t = 0.0, compute = 0.0;
    const char *s;
    for (s = j->row->floor; s && *s; s++) {
        double n = floor_bytes(p, *s), part;
        int kind = *s == 'c' || *s == 'm' ? EX_F_COPY : *s == 'w' ? EX_F_WRITE : *s == 'p' ? EX_F_PLACE :
            *s == 'f' ? EX_F_FILE : EX_F_READ;
        int how = kind == EX_F_COPY || kind == EX_F_WRITE ? p->e.copy_kind : 0;
        int again = *s != 'f' && n < 3e7 ? (int)(3e7 / (n + 1.0)) + 1 : 1, k;
        p->e.floor_at = p->in_memory ? (size_t)(p->turn % p->sets) * p->floor_stride : 0;
        if (!p->in_memory && *s != 'f') ex_floor_run(&p->e, kind, how, n); /* back into the caches */
        for (part = 0.0, k = 0; k < again; k++) part += ex_floor_run(&p->e, kind, how, n);
        t += part / again * (*s == 'b' ? fmax(j->row->passes, 1.0) : 1.0);
    }
    if (j->row->fma > 0.0) {
        double most = fmax((double)mv_volume_count(&p->set[0].out), (double)mv_volume_count(&p->set[0].in));
        compute = j->row->fma * most / p->peak[thread_count];
    }
    if (j->row->work) compute = j->row->work(&p->set[0]) / p->peak[thread_count];
    return fmax(t, compute);
}
static void floor_init(program *p, const job *j) {
    double most = 0.0;
    const char *s;
    if (!j->row->floor) return;
    for (s = j->row->floor; *s; s++) most = fmax(most, floor_bytes(p, *s));
    p->floor_stride = ((size_t)most + 255) / 256 * 64;
    ex_floor_room(&p->e, (double)(p->floor_stride * 4) * (p->in_memory ? p->sets : 1));
    p->e.floor_at = 0;
    if (strpbrk(j->row->floor, "cmw")) ex_floor_copy(&p->e, most);
}

/* ---- right or wrong ---- */
static double right_value(const bench *b, const bench_row *row, int peer, size_t i) {
    if (!peer) return row->want(b, i);
    return b->numbers ? b->number[i] : bench_value(&b->out, i);
}
/* Is the result, a peer's or ours, what it has to be? 4000 elements spread over it. */
static int is_right(
    const bench *b, const bench_row *row, int peer, double tolerance, char *why, size_t n_why) {
    const mv_volume *v = peer ? &b->peer : &b->out;
    size_t n = b->numbers ? (size_t)b->numbers : mv_volume_count(v), k, most = n < 4000 ? n : 4000, at = 0;
    double worst = -1.0, scale = 0.0, got = 0.0, want = 0.0;
    for (k = 0; k < most; k++) {
        size_t i = most == n ? k : (size_t)(ex_hash(k) % n);
        double x = b->numbers ? (peer ? b->peer_number[i] : b->number[i]) : bench_value(v, i);
        double y = right_value(b, row, peer, i), d = x == y || (x != x && y != y) ? 0.0 : fabs(x - y);
        if (!(d <= worst)) worst = d, at = i, got = x, want = y;
        if (fabs(y) > scale && fabs(y) < 1e300) scale = fabs(y);
    }
    if (worst <= tolerance * scale) return 1;
    snprintf(why, n_why, "element %zu is %.9g, not %.9g (largest %.6g, tolerance %.2g)", at, got, want, scale,
        tolerance);
    return 0;
}
/* Runs everybody once on the first set and looks at what came out. 0: ours is wrong. */
static int check_all(program *p, job *j) {
    bench *b = &p->set[0];
    const bench_row *row = j->row;
    char why[200] = "the result is wrong";
    int k, i, good;
    run_ours(p, row, b);
    good = row->check ? row->check(b) == 0 : is_right(b, row, 0, row->tolerance, why, sizeof why);
    if (!good) {
        ex_bar_clear();
        fprintf(stderr, "%s: %s %s %s: %s\n", p->e.program, row->op, mv_dtype_name(j->dtype), j->shape, why);
        p->failures++;
        return 0;
    }
    j->who[0].packed = b->packed;
    for (k = 1; k < j->contestants; k++) {
        contestant *c = &j->who[k];
        if (c->out) continue;
        snprintf(why, sizeof why, "failed, or its result is wrong");
        /* what the peer before left there must not count for this one */
        if (b->peer.data) memset(b->peer.data, 0x5a, bench_bytes(&b->peer));
        for (i = 0; i < BENCH_NUMBERS; i++) b->peer_number[i] = NAN;
        b->peer_packed = 0;
        good = !peer_does(p, c, PEER_RUN, 0);
        if (good)
            good = c->peer->check ? !peer_does(p, c, PEER_CHECK, 0) :
                is_right(b, row, 1, c->peer->tolerance, why, sizeof why);
        c->packed = b->peer_packed;
        if (!good) peer_out(p, c, row->op, why);
    }
    return 1;
}

/* ---- allocations of one call, by a context that counts ---- */
typedef struct counter {
    double calls, bytes, live, peak;
} counter;
static void *counted_alloc(void *user, size_t n) {
    counter *c = (counter *)user;
    size_t *p = n <= SIZE_MAX - 64 ? (size_t *)malloc(n + 64) : NULL;
    if (!p) return NULL;
    *p = n;
    c->calls++;
    c->bytes += (double)n;
    c->live += (double)n;
    if (c->live > c->peak) c->peak = c->live;
    return p + 64 / sizeof *p;
}
static void counted_free(void *user, void *block) {
    size_t *p = (size_t *)block;
    if (!p) return;
    p -= 64 / sizeof *p;
    ((counter *)user)->live -= (double)*p;
    free(p);
}
static void count_allocations(program *p, job *j) {
    ex *e = &p->e, counting = p->e;
    counter c = {0, 0, 0, 0};
    mv_ctx_desc desc = e->ctx.desc;
    bench b;
    double live;
    memset(&counting.ctx, 0, sizeof counting.ctx);
    desc.threads = j->threads;
    desc.mem_alloc = counted_alloc;
    desc.mem_free = counted_free;
    desc.mem_user = &c;
    EX_OK(mv_ctx_init(&counting.ctx, &desc));
    set_make(p, &b, j, &counting.ctx);
    EX_OK(j->row->run(&b)); /* the result's own memory is there from now on */
    live = c.peak = c.live;
    c.calls = c.bytes = 0.0;
    EX_OK(j->row->run(&b));
    j->allocs = c.calls;
    j->alloc_bytes = c.bytes;
    j->peak_bytes = c.peak - live;
    set_free(&b, j->row);
    mv_ctx_free(&counting.ctx);
}

/* ---- one row ---- */
static void find_peers(program *p, job *j) {
    const bench_peer *const *t, *peer;
    j->contestants = 1;
    for (t = peer_tables; p->peers && *t; t++)
        for (peer = *t; peer->name; peer++)
            if (!strcmp(peer->op, j->row->op) && peer->dtype == j->row->dtype &&
                (j->threads == 1 || peer->all_threads) && j->contestants < 1 + PEERS_MAX)
                j->who[j->contestants++].peer = peer;
}
static void peers_init(program *p, job *j, int set) {
    ex *e = &p->e;
    bench *b = &p->set[set];
    int k;
    if (j->contestants > 1 && b->out.data) {
        EX_OK(mv_volume_alloc(b->ctx, &b->peer, b->out.dtype, b->out.ndim, b->out.dim));
        memset(b->peer.data, 1, bench_bytes(&b->peer));
        memcpy(b->peer.affine, b->out.affine, sizeof b->peer.affine);
    }
    for (k = 1; k < j->contestants; k++)
        if (!j->who[k].out && peer_does(p, &j->who[k], PEER_SETUP, set))
            peer_out(p, &j->who[k], j->row->op, "cannot be set up");
}
/* Sets until four times the cache is passed, when one set does not stay in it. */
static void sets_make(program *p, job *j) {
    double bytes, took;
    int k, want;
    bench *b = &p->set[0];
    set_make(p, b, j, &p->e.ctx);
    took = run_ours(p, j->row, b);
    bytes = (double)bench_bytes(&b->in) + (double)bench_bytes(&b->out) + (double)bench_bytes(&b->aux[0]);
    p->in_memory = bytes > p->cache_bytes;
    want = p->smoke || took > LONG_CALL || !p->in_memory ? 1 : (int)ceil(4.0 * p->cache_bytes / bytes);
    if (want > SETS_MAX) want = SETS_MAX;
    p->sets = want < 1 ? 1 : want;
    p->turn = 0;
    for (k = 0; k < p->sets; k++) {
        if (k > 0) {
            set_make(p, &p->set[k], j, &p->e.ctx);
            run_ours(p, j->row, &p->set[k]);
        }
        peers_init(p, j, k);
    }
}
static void sets_free(program *p, job *j) {
    int k, c;
    for (k = 0; k < p->sets; k++) {
        for (c = 1; c < j->contestants; c++)
            peer_does(p, &j->who[c], PEER_DONE, k);
        set_free(&p->set[k], j->row);
    }
}
/* One round's samples, on working sets just made. */
static void measure(program *p, job *j, int thread_count) {
    double spent = 0.0, start = ex_now(), few[5], now;
    const int rounds = j->rounds, first = j->n;
    int c, k, enough = j->n + (p->samples + rounds - 1) / rounds;
    calibration *cal = p->in_memory ? &p->memory : &p->cache;
    if (enough > SAMPLES_MAX) enough = SAMPLES_MAX;
    floor_init(p, j);
    for (c = 0; c < j->contestants; c++)
        if (!j->who[c].out) warm_up(p, j, &j->who[c]);
    for (; j->n < enough; j->n++) {
        const int least = spent > p->seconds ? 3 : 5;
        const int is_long = j->n > 0 && j->who[0].time[j->n - 1] > LONG_CALL;
        if (spent >= p->seconds / rounds && j->n - first >= (least + rounds - 1) / rounds) break;
        if (!is_long && ex_now() - start > 1.0) { /* what a peer of seconds left behind is not ours to pay */
            floor_time(p, j, thread_count);
            call(p, j, &j->who[0]);
        }
        start = ex_now();
        if (ex_stop) ex_quit(&p->e, EX_CANCELLED, "cancelled");
        j->calibration[j->n] = calibrate(&p->e, cal);
        j->floor[j->n] = floor_time(p, j, thread_count);
        for (c = 0; c < j->contestants; c++)
            if (!j->who[c].out) j->who[c].time[j->n] = sample(p, j, &j->who[c], c ? NULL : &j->cpu[j->n]);
        spent += ex_now() - start;
    }
    /* how fast the machine was in this round */
    for (k = 0; k < 5; k++) few[k] = first + k < j->n ? j->calibration[first + k] : calibrate(&p->e, cal);
    now = j->n - first < 5 ? detect_median(few, 5) : detect_median(j->calibration + first, j->n - first);
    for (k = first; k < j->n; k++) j->calibration[k] = now;
}
static void new_context(program *p, int threads) {
    mv_ctx_desc desc;
    ex *e = &p->e;
    memset(&desc, 0, sizeof desc);
    desc.threads = threads;
    mv_volume_free(&e->ctx, &e->floor_a);
    mv_volume_free(&e->ctx, &e->floor_b);
    mv_volume_free(&e->ctx, &p->head);
    mv_ctx_free(&e->ctx);
    e->copy_kind_bytes = 0.0;
    EX_OK(mv_ctx_init(&e->ctx, &desc));
}
static void run_round(program *p, job *j, int thread_count, int round) {
    if (round == 0) {
        find_peers(p, j);
        j->n = 0;
        j->rounds = p->smoke ? 1 : ROUNDS;
    }
    if (round >= j->rounds) return;
    head_make(p, j->side);
    pin(j->threads == 1);
    sets_make(p, j);
    if (j->rounds > 1 && p->in_memory && p->sets == 1) j->rounds = 2;
    if (round == 0 && !check_all(p, j)) j->rounds = 0;
    j->bytes = (double)bench_bytes(&p->set[0].in);
    if (!p->smoke && j->rounds) measure(p, j, thread_count);
    sets_free(p, j);
    if (round + 1 == j->rounds && !p->smoke && !p->self_test) count_allocations(p, j);
    pin(0);
}
/* All rows, or those that looked slower again: a round of each, then the next round. New memory each time,
   for where pages come to lie changes a time by more than repeating the call does; and what else the machine
   does for a while touches one round of a row, not all. */
static void run_jobs(program *p, int again) {
    int round, k, threads = 0, count = 0, rounds = p->smoke ? 1 : ROUNDS;
    for (round = 0; round < rounds; round++)
        for (k = 0; k < p->n_jobs; k++) {
            job *j = &p->jobs[k];
            if (again && !j->against.slower) continue;
            if (j->threads != threads) {
                for (count = 0; p->threads[count] != j->threads; count++) {}
                new_context(p, threads = j->threads);
            }
            if (ex_bar.on && !p->self_test)
                ex_bar_draw((round + k / (double)p->n_jobs) / rounds, j->row->op, ex_now());
            run_round(p, j, count, round);
            if (!j->rounds) { /* its result is wrong: out of the table */
                memmove(j, j + 1, (size_t)(p->n_jobs - k - 1) * sizeof *j);
                p->n_jobs--, k--;
            }
        }
}

/* ---- what comes out ---- */
static const char *fingerprint(const program *p) {
    static char text[400];
#if defined(__clang__)
    const char *cc = "clang " __clang_version__;
#else
    const char *cc = "gcc " __VERSION__;
#endif
    snprintf(text, sizeof text,
        "{\"cpu\":\"%s\",\"level\":\"%s\",\"cores\":%d,\"cc\":\"%s\",\"flags\":\"%s\",\"format\":%d}",
        ex_cpu(), mv_level_name(mv_level()), p->cores, cc, BENCH_FLAGS, BENCH_FORMAT);
    return text;
}
static const contestant *fastest(const job *j) {
    const contestant *best = NULL, *c;
    for (c = j->who + 1; c < j->who + j->contestants; c++)
        if (!c->out && (!best || detect_median(c->time, j->n) < detect_median(best->time, j->n))) best = c;
    return best;
}
/* median of a[i] / b[i]: neighbours in time see the same machine */
static double paired(const double *a, const double *b, int n) {
    double r[SAMPLES_MAX];
    int i;
    for (i = 0; i < n; i++) r[i] = a[i] / b[i];
    return detect_median(r, n);
}
static double speedup(const job *j) {
    const contestant *peer = fastest(j);
    return peer ? paired(peer->time, j->who[0].time, j->n) : 0.0;
}
static const char *verdict(const job *j) {
    if (!j->compared) return "new";
    return j->confirmed ? "slower" : j->against.faster ? "faster" : j->against.noisy ? "noisy" : "same";
}
static void print_head(const program *p) {
    printf("%-34s %11s %7s %9s %5s %9s %9s %6s %5s", "op, type", "shape", "threads", "ms", "mad", "MB/s",
        "floor_ms", "share", "held");
    if (p->peers) printf(" %-14s %9s %7s", "fastest peer", "peer_ms", "speedup");
    if (p->compare) printf(" %9s", "baseline");
    printf("\n");
}
static void print_row(const program *p, const job *j) {
    const contestant *peer = fastest(j);
    const double *t = j->who[0].time;
    double median = detect_median(t, j->n), floor_s = detect_median(j->floor, j->n);
    char name[64];
    snprintf(name, sizeof name, "%s, %s", j->row->op, mv_dtype_name(j->dtype));
    printf("%-34s %11s %7d %9.4g %4.1f%%", name, j->shape, j->threads, 1e3 * median,
        100.0 * detect_mad(t, j->n) / median);
    if (j->row->most == 1) printf(" %9s", "-");
    else printf(" %9.0f", 1e-6 * j->bytes / median);
    if (floor_s > 0.0) printf(" %9.4g %5.0f%%", 1e3 * floor_s, 100.0 * paired(j->floor, t, j->n));
    else printf(" %9s %6s", "-", "-");
    if (p->file || j->peak_bytes < 1.0) printf(" %5s", "-");
    else printf(" %5.1f", j->peak_bytes / pow((double)j->side, 3.0)); /* bytes a voxel beside the result */
    if (p->peers && peer)
        printf(" %-14s %9.4g %6.3gx", peer->peer->name, 1e3 * detect_median(peer->time, j->n), speedup(j));
    else if (p->peers) printf(" %-14s %9s %7s", "-", "-", "-");
    if (j->who[0].packed) printf("  packs %.3f", j->bytes / (double)j->who[0].packed);
    if (j->who[0].packed && p->peers && peer)
        printf(", %.3f", j->bytes / (double)peer->packed);
    if (p->compare) {
        if (j->compared) printf(" %8.3fx %s", j->against.ratio, verdict(j));
        else printf(" %9s", "new");
    }
    printf("\n");
}
static void print_table(const program *p) {
    int k, losing = 0;
    for (k = 0; k < p->n_jobs; k++) losing += fastest(&p->jobs[k]) && speedup(&p->jobs[k]) < 1.0;
    if (losing) {
        printf("a peer is faster:\n");
        print_head(p);
        for (k = 0; k < p->n_jobs; k++)
            if (fastest(&p->jobs[k]) && speedup(&p->jobs[k]) < 1.0) print_row(p, &p->jobs[k]);
        printf("\nthe rest:\n");
    }
    print_head(p);
    for (k = 0; k < p->n_jobs; k++)
        if (!(fastest(&p->jobs[k]) && speedup(&p->jobs[k]) < 1.0)) print_row(p, &p->jobs[k]);
}
static void json_packed(FILE *f, const job *j) {
    int k, some = 0;
    fprintf(f, ",\"packed_bytes\":%zu,\"peers_packed_bytes\":{", j->who[0].packed);
    for (k = 1; k < j->contestants; k++)
        if (!j->who[k].out)
            fprintf(f, "%s\"%s\":%zu", some++ ? "," : "", j->who[k].peer->name, j->who[k].packed);
    fprintf(f, "}");
}
/* one line a row, with the keys of the contract first */
static void json_row(const program *p, FILE *f, const job *j) {
    const contestant *peer = fastest(j);
    const double *t = j->who[0].time;
    double median = detect_median(t, j->n), floor_s = detect_median(j->floor, j->n), least = t[0];
    int k;
    for (k = 1; k < j->n; k++) least = fmin(least, t[k]);
    fprintf(f,
        "{\"op\":\"%s\",\"shape\":\"%s\",\"dtype\":\"%s\",\"threads\":%d,\"level\":%d,\"median_ms\":%.6g,"
        "\"min_ms\":%.6g,\"mad_ms\":%.4g,\"n\":%d,\"mb_s\":%.6g",
        j->row->op, j->shape, mv_dtype_name(j->dtype), j->threads, mv_level(), 1e3 * median, 1e3 * least,
        1e3 * detect_mad(t, j->n), j->n, 1e-6 * j->bytes / median);
    if (floor_s > 0.0)
        fprintf(f, ",\"floor_ms\":%.6g,\"floor_ratio\":%.4g", 1e3 * floor_s, paired(j->floor, t, j->n));
    else fprintf(f, ",\"floor_ms\":null,\"floor_ratio\":null");
    if (peer)
        fprintf(f, ",\"peer\":\"%s\",\"peer_ms\":%.6g,\"speedup\":%.4g", peer->peer->name,
            1e3 * detect_median(peer->time, j->n), speedup(j));
    else fprintf(f, ",\"peer\":null,\"peer_ms\":null,\"speedup\":null");
    fprintf(f, ",\"cpu_ms\":%.6g,\"allocs\":%.0f,\"alloc_bytes\":%.0f,\"peak_bytes\":%.0f",
        1e3 * detect_median(j->cpu, j->n), j->allocs, j->alloc_bytes, j->peak_bytes);
    if (j->who[0].packed) json_packed(f, j);
    fprintf(f, ",\"peers\":{");
    for (k = 1, peer = NULL; k < j->contestants; k++) {
        if (j->who[k].out) continue;
        fprintf(f, "%s\"%s\":%.6g", peer ? "," : "", j->who[k].peer->name,
            1e3 * detect_median(j->who[k].time, j->n));
        peer = &j->who[k];
    }
    fprintf(f, "}");
    if (p->compare) {
        fprintf(f, ",\"verdict\":\"%s\"", verdict(j));
        if (j->compared) fprintf(f, ",\"base_ratio\":%.4g,\"base_p\":%.3g", j->against.ratio, j->against.p);
    }
    fprintf(f, ",\"calibration_ms\":%.6g,\"samples_ms\":[", 1e3 * detect_median(j->calibration, j->n));
    for (k = 0; k < j->n; k++) fprintf(f, "%s%.5g", k ? "," : "", 1e3 * t[k]);
    fprintf(f, "],\"calibrated\":[");
    for (k = 0; k < j->n; k++) fprintf(f, "%s%.5g", k ? "," : "", t[k] / j->calibration[k]);
    fprintf(f, "]}");
}
static void json_file(program *p) {
    FILE *f = fopen(p->json, "w");
    int k;
    if (!f) ex_quit(&p->e, EX_WRITE, "%s: cannot be written", p->json);
    fprintf(f, "{\"schema\":1,\n\"machine\":%s,\n\"floors\":%s,\n\"rows\":[\n", fingerprint(p), p->floors);
    for (k = 0; k < p->n_jobs; k++) {
        json_row(p, f, &p->jobs[k]);
        fprintf(f, "%s\n", k + 1 < p->n_jobs ? "," : "");
    }
    fprintf(f, "]}\n");
    if (fclose(f) != 0) ex_quit(&p->e, EX_WRITE, "%s: cannot be written", p->json);
}
/* GB/s, bytes asked for, the best of some runs; copies count what they read and what they write */
static double bandwidth(ex *e, int kind, int how, double bytes) {
    double best = 1e9, t;
    int i, runs = bytes > 3e7 ? 7 : 40;
    ex_floor_room(e, bytes);
    for (i = 0; i < runs; i++)
        if ((t = ex_floor_run(e, kind, how, bytes)) < best) best = t;
    return (kind == EX_F_READ || kind == EX_F_WRITE ? 1.0 : 2.0) * bytes / best * 1e-9;
}
/* What the machine allows with this context's threads, to stdout and as JSON. */
static void machine_floors(program *p, int thread_count) {
    static const struct { const char *name; int kind, how; } kinds[6] = {{"read", EX_F_READ, 0},
        {"copy", EX_F_COPY, EX_COPY_PLAIN}, {"copy_stream", EX_F_COPY, EX_COPY_STREAM},
        {"memcpy", EX_F_COPY, EX_COPY_LIBC}, {"in_place", EX_F_PLACE, 0}, {"write_stream", EX_F_WRITE,
            EX_COPY_STREAM}};
    static const double sizes[3] = {131072.0, 8388608.0, 268435456.0};
    ex *e = &p->e;
    char *s = p->floors;
    size_t at = strlen(s), room = sizeof p->floors;
    int i, k;
    p->peak[thread_count] = fma_peak(e);
    at += (size_t)snprintf(s + at, room - at, "%s{\"threads\":%d,\"fma_gflops\":%.1f",
        thread_count ? "," : "", mv_threads(&e->ctx), 2e-9 * p->peak[thread_count]);
    printf("# %d thread%s: %.0f GFLOP/s of f32 multiply-adds; memory, GB/s:", mv_threads(&e->ctx),
        mv_threads(&e->ctx) == 1 ? "" : "s", 2e-9 * p->peak[thread_count]);
    for (k = 0; k < 6; k++) printf(" %s", kinds[k].name);
    printf("\n");
    for (i = 0; i < 3; i++) {
        printf("#   %8.3g MB ", 1e-6 * sizes[i]);
        at += (size_t)snprintf(s + at, room - at, ",\"bytes_%.0f\":{", sizes[i]);
        for (k = 0; k < 6; k++) {
            double g = bandwidth(e, kinds[k].kind, kinds[k].how, sizes[i]);
            printf(" %9.1f", g);
            at += (size_t)snprintf(s + at, room - at, "%s\"%s\":%.1f", k ? "," : "", kinds[k].name, g);
        }
        printf("\n");
        at += (size_t)snprintf(s + at, room - at, "}");
    }
    snprintf(s + at, room - at, "}");
    fflush(stdout);
}

/* ---- against a baseline ---- */
typedef struct base_row {
    char op[64], shape[32], dtype[16];
    int threads, level, n;
    double sample[SAMPLES_MAX]; /* calibrated */
} base_row;
typedef struct baseline {
    int n, same_machine, same_format;
    base_row row[4096];
} baseline;
static int base_parse(base_row *r, const char *line) {
    const char *s;
    char *end;
    if (sscanf(line,
            "{\"op\":\"%63[^\"]\",\"shape\":\"%31[^\"]\",\"dtype\":\"%15[^\"]\",\"threads\":%d,\"level\":%d,",
            r->op, r->shape, r->dtype, &r->threads, &r->level) != 5 ||
        !(s = strstr(line, "\"calibrated\":[")))
        return 0;
    s = strchr(s, '[');
    for (s++, r->n = 0; r->n < SAMPLES_MAX; s = end + 1) {
        double x = strtod(s, &end);
        if (end == s || !(x > 0.0) || !(x < 1e300)) return 0;
        r->sample[r->n++] = x;
        if (*end == ']') return r->n >= 5;
        if (*end != ',') return 0;
    }
    return 0;
}
/* A file that this program wrote: one row a line. */
static baseline *base_load(program *p) {
    baseline *b = (baseline *)calloc(1, sizeof *b);
    FILE *f = fopen(p->compare, "r");
    static char line[65536];
    char machine[420];
    const char *s;
    int at = 0, format;
    if (!f) ex_quit(&p->e, EX_READ, "%s: cannot be read; make baseline-update writes one", p->compare);
    snprintf(machine, sizeof machine, "\"machine\":%s,\n", fingerprint(p));
    while (b && fgets(line, sizeof line, f)) {
        at++;
        if (at == 1 && strcmp(line, "{\"schema\":1,\n") != 0) break;
        if (!strncmp(line, "\"machine\":", 10)) {
            s = strstr(line, "\"format\":");
            b->same_machine = !strcmp(line, machine);
            b->same_format = s && sscanf(s, "\"format\":%d", &format) == 1 && format == BENCH_FORMAT;
            if (!b->same_format) break;
        }
        if (strncmp(line, "{\"op\"", 5) != 0) continue;
        if (b->n == 4096 || !base_parse(&b->row[b->n], line))
            ex_quit(&p->e, EX_MALFORMED, "%s:%d: no row of a baseline", p->compare, at);
        b->n++;
    }
    fclose(f);
    if (!b || (b->same_format ? !b->n : at < 2)) ex_quit(&p->e, EX_MALFORMED, "%s: no baseline", p->compare);
    return b;
}
static const base_row *base_find(const baseline *b, const job *j) {
    int k;
    for (k = 0; k < b->n; k++) {
        const base_row *r = &b->row[k];
        if (!strcmp(r->op, j->row->op) && !strcmp(r->shape, j->shape) && r->threads == j->threads &&
            !strcmp(r->dtype, mv_dtype_name(j->dtype)) && r->level == mv_level())
            return r;
    }
    return NULL;
}
/* Times in units of the calibration kernel in the same round, here as on another machine: what else a host
   does moves its speed by a twentieth from one run to the next, and the kernel's with it (the self-test's
   rows: correlation 0.84 to 0.89). */
static int calibrated(double *x, const job *j) {
    int k;
    for (k = 0; k < j->n; k++) x[k] = j->who[0].time[k] / j->calibration[k];
    return j->n;
}
static detect_result against(const job *j, const base_row *r, int same_machine) {
    double now[SAMPLES_MAX];
    int n = calibrated(now, j);
    return detect_compare(r->sample, r->n, now, n, same_machine ? DETECT_GATE : 0.25);
}
/* How many rows are slower. One that looks so is measured once more, after all the others, and must look so
   again. */
static int compare_jobs(program *p, const baseline *b) {
    int k, slower = 0;
    for (k = 0; k < p->n_jobs; k++) {
        job *j = &p->jobs[k];
        const base_row *r = base_find(b, j);
        if (!r) continue;
        j->compared = 1;
        j->against = against(j, r, b->same_machine);
        slower += j->against.slower;
    }
    if (!slower) return 0;
    run_jobs(p, 1);
    for (slower = k = 0; k < p->n_jobs; k++) {
        job *j = &p->jobs[k];
        if (!j->against.slower) continue;
        j->against = against(j, base_find(b, j), b->same_machine);
        slower += j->confirmed = j->against.slower;
    }
    return slower;
}

/* ---- does the detector work here? ---- */
enum { TESTED = 4, A_A = 200, SLOWED = 20 };
static const bench_row *row_named(const char *op) {
    const bench_row *const *t, *row;
    for (t = tables; *t; t++)
        for (row = *t; row->op; row++)
            if (!strcmp(row->op, op) && row->dtype == MEDVOL_F32) return row;
    return NULL;
}
static int looks_slower(program *p, const base_row *base) {
    int k, slower = 0;
    for (k = 0; k < TESTED; k++) {
        p->jobs[k].against = against(&p->jobs[k], &base[k], 1);
        slower += p->jobs[k].against.slower;
    }
    return slower;
}
static double noise(const base_row *r) {
    return r->n ? detect_mad(r->sample, r->n) / detect_median(r->sample, r->n) : HUGE_VAL;
}
/* Rows of a baseline's sizes, 30 samples each, against the run before 200 times; then 20 times with a tenth
   more time against the calmest of these runs, as a baseline should be. */
static int self_test(program *p) {
    static const struct { const char *op; size_t side; } rows[TESTED] = {
        {"clamp", 64}, {"stats", 64}, {"flip x", 192}, {"znorm", 192}};
    int false_alarms = 0, caught = 0, first = 0, run, k, slower, runs = (A_A + SLOWED) / TESTED;
    double worst = 0.0;
    base_row *last = (base_row *)calloc(3 * TESTED, sizeof *last), *now = last + TESTED, *calm = now + TESTED;
    free(p->jobs);
    p->jobs = (job *)calloc(TESTED, sizeof *p->jobs);
    if (!last || !p->jobs) ex_quit(&p->e, EX_MEMORY, "no memory for the self-test");
    for (k = 0; k < TESTED; k++) {
        job *j = &p->jobs[k];
        j->row = row_named(rows[k].op);
        j->dtype = MEDVOL_F32;
        j->side = rows[k].side;
        j->threads = 1;
    }
    p->n_jobs = TESTED;
    p->threads[0] = 1;
    p->peers = 0;
    p->samples = 30;
    p->seconds = fmax(p->seconds, 4.0); /* enough for them */
    for (run = 0; run <= runs; run++) {
        const int slowed = run > A_A / TESTED;
        p->slowdown = slowed ? 0.10 : 0.0;
        run_jobs(p, 0);
        for (k = 0; k < TESTED; k++) now[k].n = calibrated(now[k].sample, &p->jobs[k]);
        slower = run ? looks_slower(p, slowed ? calm : last) : 0;
        if (!slowed) first += slower;
        if (slower) {
            run_jobs(p, 1);
            slower = looks_slower(p, slowed ? calm : last);
            for (k = 0; k < TESTED; k++) now[k].n = calibrated(now[k].sample, &p->jobs[k]);
        }
        if (slowed) caught += slower;
        else false_alarms += slower;
        for (k = 0; k < TESTED && !slowed; k++) {
            last[k] = now[k];
            if (noise(&now[k]) < noise(&calm[k])) calm[k] = now[k];
        }
        if (ex_bar.on) ex_bar_draw((run + 1.0) / (runs + 1), "self-test", ex_now());
    }
    ex_bar_clear();
    for (k = 0; k < TESTED; k++) worst = fmax(worst, noise(&calm[k]));
    free(last);
    printf("detector: %d of %d comparisons of a row with itself called slower (%d before the second round), "
           "%d of %d slowed by 10 %% caught; deviation of the calmest runs: %.1f %% and less\n",
        false_alarms, A_A, first, caught, SLOWED, 100.0 * worst);
    return false_alarms * 100 <= A_A && caught == SLOWED ? 0 : EX_CHECK;
}

/* ---- the program ---- */
static int list_of(ex *e, const char *name, size_t *list, size_t lo, size_t hi, const char *standard) {
    const char *s = ex_text(e, name);
    int n = 0;
    char *end;
    if (!s) s = standard;
    for (;; s = end + 1) {
        double x = strtod(s, &end);
        if (end == s || (*end && *end != ',') || !(x >= (double)lo && x <= (double)hi) || n == LIST_MAX)
            ex_quit(e, EX_USAGE, "%s: numbers from %zu to %zu, with commas between them", name, lo, hi);
        list[n++] = (size_t)x;
        if (!*end) return n;
    }
}
static void options(program *p, int argc, char **argv) {
    ex *e = &p->e;
    size_t threads[LIST_MAX];
    const char *s;
    int k;
    e->argc = argc, e->argv = argv, e->program = "bench";
    p->json = ex_text(e, "--json"); /* ex_init knows it as a flag */
    p->sizes = list_of(e, "--size", p->size, 8, 1024, "256");
    p->thread_counts = list_of(e, "--threads", threads, 0, 256, "1");
    for (k = 0; k < p->thread_counts; k++) p->threads[k] = threads[k] ? (int)threads[k] : p->cores;
    if (p->thread_counts == 2 && p->threads[0] == p->threads[1]) p->thread_counts = 1;
    ex_init(e, e->argc, argv, "bench", usage);
    p->smoke = ex_flag(e, "--smoke");
    p->peers = ex_flag(e, "--peers");
    p->self_test = ex_flag(e, "--self-test");
    p->relative = ex_flag(e, "--relative");
    p->seconds = ex_number(e, "--seconds", 2.0, 0.01, 3600.0);
    p->samples = (int)ex_number(e, "--samples", 30.0, 5.0, SAMPLES_MAX);
    p->compare = ex_text(e, "--compare");
    if ((p->file = ex_text(e, "--file")) != NULL) p->sizes = 1;
    if ((s = ex_text(e, "--op")) != NULL) {
        if (regcomp(&p->op, s, REG_EXTENDED | REG_NOSUB) != 0)
            ex_quit(e, EX_USAGE, "--op %s: not a regular expression", s);
        p->has_op = 1;
    }
    if (p->peers && !*peer_tables) ex_quit(e, EX_UNSUPPORTED, "no peers built in; make bench PEERS=1");
    mv_ctx_free(&e->ctx);
}
static int is_least(const program *p, int size) {
    int k;
    for (k = 0; k < p->sizes; k++)
        if (p->size[k] < p->size[size]) return 0;
    return 1;
}
static int wanted(const program *p, const bench_row *const *table, const bench_row *row, int size) {
    if (p->has_op && regexec(&p->op, row->op, 0, NULL, 0) != 0) return 0;
    if (p->file) /* compression cares for bytes alone, so one of its rows stands for all types */
        return *table == rows_gzip && (row == *table || strcmp(row[-1].op, row->op) != 0);
    return row->most == 1 ? size == 0 : !row->most || p->size[size] <= row->most || is_least(p, size);
}
static void plan_job(const program *p, job *j, const bench_row *row, int size, int threads) {
    const size_t *dim = p->head.dim;
    int at, k;
    j->row = row;
    j->dtype = p->file ? p->head.dtype : row->dtype;
    j->side = row->most > 1 && row->most < p->size[size] ? row->most : p->size[size];
    j->threads = p->threads[threads];
    if (p->file)
        for (at = k = 0; k < p->head.ndim && at < (int)sizeof j->shape; k++)
            at += snprintf(j->shape + at, sizeof j->shape - (size_t)at, "%s%zu", k ? "x" : "", dim[k]);
    else if (row->most == 1) snprintf(j->shape, sizeof j->shape, "-");
    else snprintf(j->shape, sizeof j->shape, "%zux%zux%zu", j->side, j->side, j->side);
}
/* The rows to run, in the order of the tables, sizes and threads inside. */
static void plan(program *p) {
    const bench_row *const *t, *row;
    int s, k, pass;
    if (p->file) {
        new_context(p, 1);
        head_make(p, 0);
    }
    for (pass = 0; pass < 2; pass++) {
        p->n_jobs = 0;
        for (k = 0; k < p->thread_counts; k++)
            for (s = 0; s < p->sizes; s++)
                for (t = tables; *t; t++)
                    for (row = *t; row->op; row++)
                        if (wanted(p, t, row, s)) {
                            if (pass) plan_job(p, &p->jobs[p->n_jobs], row, s, k);
                            p->n_jobs++;
                        }
        if (!pass) p->jobs = (job *)calloc((size_t)p->n_jobs + 1, sizeof *p->jobs);
        if (!p->jobs) ex_quit(&p->e, EX_MEMORY, "no memory for %d rows", p->n_jobs);
    }
    if (!p->n_jobs) ex_quit(&p->e, EX_USAGE, "no row has such a name; --list shows them all");
}
static void machine(program *p) {
    int k;
    size_t at;
    printf("# medvol %s, level %d (%s), %s, %d cores, %.0f MiB of cache, %s\n", mv_version(), mv_level(),
        mv_level_name(mv_level()), ex_cpu(), p->cores, p->cache_bytes / 1048576.0, BENCH_FLAGS);
    printf("# a fresh page costs %.0f ns (4 KiB), %.0f ns (2 MiB)\n", page_cost(0), page_cost(1));
    snprintf(p->floors, sizeof p->floors, "{\"page_4k_ns\":%.1f,\"page_2m_ns\":%.1f,\"threads\":[",
        page_cost(0), page_cost(1));
    for (k = 0; k < p->thread_counts; k++) {
        new_context(p, p->threads[k]);
        pin(p->threads[k] == 1);
        machine_floors(p, k);
        pin(0);
    }
    at = strlen(p->floors);
    snprintf(p->floors + at, sizeof p->floors - at, "]}");
}
static int missing_calls(void) {
#define X(name) #name,
    static const char *const names[] = {API_FUNCTIONS(X)};
#undef X
    int k, missing = 0;
    for (k = 0; k < API_COUNT; k++)
        if (!t_called[1][k]) {
            fprintf(stderr, "bench: %s: no row calls it while the clock runs\n", names[k]);
            missing++;
        }
    return missing;
}
static int run_all(program *p) {
    baseline *base = p->compare ? base_load(p) : NULL;
    int k, c, slower = 0, answers = 0;
    if (base && (!base->same_format || (!base->same_machine && !p->relative))) {
        fprintf(stderr, "bench: %s: no comparable baseline: another %s wrote it\n%s", p->compare,
            base->same_format ? "machine, compiler or level" : "version of the bench",
            base->same_format ? "hint: --relative compares all the same, at 25 %\n" : "");
        free(base);
        return 3;
    }
    if (!p->smoke) machine(p);
    run_jobs(p, 0);
    if (base) slower = compare_jobs(p, base);
    ex_bar_clear();
    if (p->smoke) {
        for (k = 0; k < p->n_jobs; k++)
            for (c = 1; c < p->jobs[k].contestants; c++) answers += !p->jobs[k].who[c].out;
        printf("%d rows, %d answers of peers: %d passed, %d failed\n", p->n_jobs, answers + p->failures,
            p->n_jobs + answers, p->failures);
    }
    else print_table(p);
    if (!p->smoke) printf("# most memory held: %.0f MB\n", ex_peak_mb());
    if (p->json) json_file(p);
    free(base);
    if (slower) fprintf(stderr, "bench: %d row%s slower than the baseline\n", slower, slower > 1 ? "s" : "");
    return slower || p->failures ? EX_CHECK : 0;
}
int main(int argc, char **argv) {
    static program p;
    int code, k;
    p.cores = cores();
    p.cache_bytes = cache_bytes();
    options(&p, argc, argv);
    if (ex_flag(&p.e, "--list")) {
        const bench_row *const *t, *row;
        for (t = tables; *t; t++)
            for (row = *t; row->op; row++)
                if (!p.has_op || regexec(&p.op, row->op, 0, NULL, 0) == 0)
                    printf("%s, %s\n", row->op, mv_dtype_name(row->dtype));
        return 0;
    }
    ex_no_more(&p.e);
    calibration_init(&p.cache, 0);
    calibration_init(&p.memory, 1);
    plan(&p);
    code = p.self_test ? self_test(&p) : run_all(&p);
    if (!code && p.smoke && !p.has_op && !p.file && missing_calls()) code = EX_CHECK;
    for (k = 0; k < 2; k++) free(k ? p.cache.a : p.memory.a);
    mv_volume_free(&p.e.ctx, &p.head);
    free(p.jobs);
    ex_free(&p.e);
    return code;
}
