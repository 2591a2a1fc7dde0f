/* mrd_peer.c - a stream made of the structs of <ismrmrd/ismrmrd.h> (Debian: libismrmrd-dev), as its writers
   put them into a file, against what mv_mrd_next reads. */
#include "medvol.h"
#include <ismrmrd/ismrmrd.h>
#include <ismrmrd/waveform.h>
#include <stdio.h>
#include <string.h>

static unsigned char stream[1 << 16];
static size_t n;
static int wrong;
static void put(const void *p, size_t bytes) { memcpy(stream + n, p, bytes), n += bytes; }
static void put_id(unsigned id) {
    uint16_t v = (uint16_t)id;
    put(&v, 2);
}
#define SAME(x)                                                                                              \
    do {                                                                                                     \
        if (sizeof m.acquisition.x != sizeof a.x || memcmp(&m.acquisition.x, &a.x, sizeof a.x) != 0)         \
            wrong++, printf("%s differs\n", #x);                                                             \
    } while (0)
int main(void) {
    ISMRMRD_AcquisitionHeader a;
    ISMRMRD_ImageHeader im;
    ISMRMRD_WaveformHeader w;
    mv_mrd_stream *s;
    mv_mrd_message m;
    mv_ctx ctx = {0};
    float values[7 * 2 + 2 * 7 * 3];
    uint64_t attributes = 9;
    size_t i;
    for (i = 0; i < sizeof a; i++) ((unsigned char *)&a)[i] = (unsigned char)(i * 37 + 11);
    a.number_of_samples = 7, a.active_channels = 3, a.trajectory_dimensions = 2;
    for (i = 0; i < sizeof values / sizeof *values; i++) values[i] = (float)i * 1.5f;
    memset(&im, 0, sizeof im);
    im.data_type = ISMRMRD_CXFLOAT, im.channels = 2;
    im.matrix_size[0] = 5, im.matrix_size[1] = 4, im.matrix_size[2] = 3;
    memset(&w, 0, sizeof w);
    w.number_of_samples = 6, w.channels = 2;
    put_id(1022), put(&im, sizeof im), put(&attributes, 8), n += 9 + 5 * 4 * 3 * 2 * 8;
    put_id(1026), put(&w, sizeof w), n += 6 * 2 * 4;
    put_id(1008), put(&a, sizeof a), put(values, sizeof values);
    put_id(4);
    if (mv_mrd_open_mem(&ctx, &s, stream, n) < 0) return puts(mv_message(&ctx)), 1;
    for (i = 0; i < 3; i++)
        if (mv_mrd_next(&ctx, s, &m) < 0) return puts(mv_message(&ctx)), 1;
    if (m.id != MEDVOL_MRD_ACQUISITION) return printf("id %d\n", m.id), 1;
    SAME(version); SAME(flags); SAME(measurement_uid); SAME(scan_counter); SAME(acquisition_time_stamp);
    SAME(physiology_time_stamp); SAME(number_of_samples); SAME(available_channels); SAME(active_channels);
    SAME(channel_mask); SAME(discard_pre); SAME(discard_post); SAME(center_sample); SAME(encoding_space_ref);
    SAME(trajectory_dimensions); SAME(sample_time_us); SAME(position); SAME(read_dir); SAME(phase_dir);
    SAME(slice_dir); SAME(patient_table_position); SAME(user_int); SAME(user_float);
    SAME(idx.kspace_encode_step_1); SAME(idx.kspace_encode_step_2); SAME(idx.average); SAME(idx.slice);
    SAME(idx.contrast); SAME(idx.phase); SAME(idx.repetition); SAME(idx.set); SAME(idx.segment);
    SAME(idx.user);
    if (memcmp(m.trajectory, values, 56) != 0 || memcmp(m.samples, values + 14, 168) != 0)
        wrong++, puts("trajectory or samples differ");
    if (mv_mrd_next(&ctx, s, &m) < 0 || m.id != MEDVOL_MRD_CLOSE) wrong++, puts("no end");
    mv_mrd_close(&ctx, s);
    printf("33 fields, trajectory, samples, an image and a waveform passed over: %d differ\n", wrong);
    return wrong != 0;
}
