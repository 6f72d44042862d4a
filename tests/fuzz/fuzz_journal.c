/* The journal's reader on a segment of arbitrary bytes: as they are, and again with sound header checksums and positions,
 * so that the fuzzer reaches what lies behind them. */
#include <stdlib.h>
#include <string.h>

#include "kit/sys/causes.h"
#include "state/log/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A disk with one file, the first segment; it takes no changes but says yes to them. */
struct one_file {
    uint8_t *p;
    size_t n;
};

static bool one_open(void *ctx, const char *path, enum fs_mode mode, struct fs_file **out, struct err *e)
{
    (void)path, (void)mode, (void)e;
    *out = ctx;
    return true;
}

static void one_close(void *ctx, struct fs_file *f)
{
    (void)ctx, (void)f;
}

static bool one_read_at(void *ctx, struct fs_file *f, uint64_t at, void *p, size_t n, size_t *got_out, struct err *e)
{
    struct one_file *one = ctx;
    (void)f, (void)e;
    size_t left = at < one->n ? one->n - (size_t)at : 0;
    *got_out = n < left ? n : left;
    if (*got_out > 0) memcpy(p, one->p + at, *got_out);
    return true;
}

static bool one_truncate(void *ctx, struct fs_file *f, uint64_t bytes, struct err *e)
{
    (void)ctx, (void)f, (void)bytes, (void)e;
    return true;
}

static bool one_size(void *ctx, struct fs_file *f, uint64_t *bytes_out, struct err *e)
{
    (void)f, (void)e;
    *bytes_out = ((struct one_file *)ctx)->n;
    return true;
}

static bool one_sync(void *ctx, struct fs_file *f, struct err *e)
{
    (void)ctx, (void)f, (void)e;
    return true;
}

static bool one_folder(void *ctx, const char *path, struct err *e)
{
    (void)ctx, (void)path, (void)e;
    return true;
}

static bool one_stat(void *ctx, const char *path, struct fs_stat *out, struct err *e)
{
    (void)path, (void)e;
    *out = (struct fs_stat){.exists = true, .bytes = ((struct one_file *)ctx)->n};
    return true;
}

static bool one_list(void *ctx, const char *path, bool (*each)(void *arg, const char *name, bool is_dir), void *arg,
                     struct err *e)
{
    (void)ctx, (void)e;
    if (strcmp(path, "/log") == 0) (void)each(arg, "00000000000000000000.seg", false);
    return true;
}

static const struct fs_ops one_ops = {
    .open = one_open,
    .close = one_close,
    .read_at = one_read_at,
    .truncate = one_truncate,
    .size = one_size,
    .sync = one_sync,
    .sync_dir = one_folder,
    .remove = one_folder,
    .make_dirs = one_folder,
    .stat = one_stat,
    .list = one_list,
};

static void read_all(struct one_file *one)
{
    struct log *l;
    struct log_reader *r;
    struct log_frame f;
    struct err e = {0};
    bool has = true;
    volatile uint8_t sum = 0;
    if (!log_open((struct fs){&one_ops, one}, "/log", "/spool", one->n, &l, &e)) {
        INVARIANT(e.cause == &log_causes[LOG_CORRUPT] && e.text[0] != '\0');
        return;
    }
    INVARIANT(log_reader_new(l, 0, &r, &e));
    while (has && log_reader_next(r, one->n, &f, &has, &e))
        for (size_t i = 0; has && i < f.row_count; i++)
            for (size_t k = 0; k < f.rows[i].bytes.n; k++) sum = (uint8_t)(sum + (uint8_t)f.rows[i].bytes.p[k]);
    log_reader_free(r);
    log_close(l);
}

/* Wherever a frame would begin, its checksums and position become right; lengths stay the fuzzer's, cut to what is there. */
static void make_sound(struct one_file *one)
{
    for (size_t at = 0; at + FRAME_HEADER_BYTES <= one->n;) {
        uint8_t *head = one->p + at;
        uint32_t length, left = (uint32_t)(one->n - at - FRAME_HEADER_BYTES);
        memcpy(head, "PLF1", 4);
        memcpy(&length, head + 12, sizeof length);
        length = left == 0 ? 0 : length % (left + 1);
        if (left - length < FRAME_HEADER_BYTES) length = left; /* the last frame ends where the file does */
        memcpy(head + 12, &length, sizeof length);
        uint32_t crc = crc32c(0, head + FRAME_HEADER_BYTES, length);
        memcpy(head + 8, &crc, sizeof crc);
        frame_header_place(head, at);
        at += FRAME_HEADER_BYTES + length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct one_file one = {malloc(size + 1), size};
    INVARIANT(one.p != NULL);
    memcpy(one.p, data, size);
    read_all(&one);
    make_sound(&one);
    read_all(&one);
    free(one.p);
    return 0;
}
