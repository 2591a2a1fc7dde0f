/* needs: opencv2/imgproc.hpp
   cflags: $(pkg-config --cflags opencv4 | sed s,-I,-isystem,g)
   libs: -lopencv_imgproc -lopencv_core -lstdc++ */
/* OpenCV's images are planes: a volume is one tall image, its z planes one above the other, or one image a
   plane. Left out: what would only resample (remap and warpAffine take positions in 1/32 of a pixel; resize
   starts at the first pixel's edge, where ours keeps the centre). */
#include "../bench.h"
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace {

int cv_type(const mv_volume &v) {
    switch (v.dtype) {
        case MEDVOL_U8: return CV_8U;
        case MEDVOL_I16: return CV_16S;
        case MEDVOL_F16: return CV_16F;
        case MEDVOL_F64: return CV_64F;
        default: return CV_32F;
    }
}
cv::Mat tall(const mv_volume &v) {
    return cv::Mat((int)(v.dim[1] * v.dim[2]), (int)v.dim[0], cv_type(v), v.data);
}
cv::Mat plane(const mv_volume &v, int z) {
    const size_t bytes = v.dim[0] * v.dim[1] * mv_dtype_size(v.dtype);
    return cv::Mat((int)v.dim[1], (int)v.dim[0], cv_type(v), (char *)v.data + (size_t)z * bytes);
}
cv::Mat solid(const mv_volume &v) {
    const int size[3] = {(int)v.dim[2], (int)v.dim[1], (int)v.dim[0]};
    return cv::Mat(3, size, cv_type(v), v.data);
}

/* TBB and its like count the cores once, by those that the thread may use: before the bench pins itself. */
const int cores = cv::getNumThreads();
int setup(bench *b) {
    cv::setNumThreads(mv_threads(b->ctx));
    return 0;
}
/* A call of OpenCV that cannot write where it was told to takes new memory: then nothing was filled. */
int filled(const bench *b, const cv::Mat &out) { return out.data != b->peer.data; }

/* ---- intensity ---- */
int four(bench *b, const cv::Mat &mask) {
    const cv::Mat in = tall(b->in);
    cv::Scalar mean, sd;
    cv::minMaxIdx(in, &b->peer_number[0], &b->peer_number[1], nullptr, nullptr, mask);
    cv::meanStdDev(in, mean, sd, mask);
    b->peer_number[2] = mean[0];
    b->peer_number[3] = sd[0];
    return 0;
}
int stats(bench *b) { return four(b, cv::Mat()); }
int stats_masked(bench *b) { return four(b, tall(b->aux[0])); }
/* as the row picks them: every eighth of 256 bins, and how many there are in all */
int histogram(bench *b) {
    const cv::Mat in = tall(b->in);
    const int bins = 256, channel = 0;
    const float range[2] = {0.0f, 1000.0f}, *ranges = range;
    cv::Mat counts;
    cv::calcHist(&in, 1, &channel, cv::Mat(), counts, 1, &bins, &ranges);
    for (int k = 0; k < 30; k++) b->peer_number[k] = (double)counts.at<float>(8 * k);
    b->peer_number[30] = cv::sum(counts)[0];
    return 0;
}
void znorm_into(const bench *b, cv::Mat &out) {
    cv::Scalar mean, sd;
    cv::meanStdDev(tall(b->in), mean, sd);
    tall(b->in).convertTo(out, CV_32F, 1.0 / sd[0], -mean[0] / sd[0]);
}
int znorm(bench *b) {
    cv::Mat out = tall(b->peer);
    znorm_into(b, out);
    return filled(b, out);
}
int znorm_new(bench *b) {
    cv::Mat out;
    znorm_into(b, out);
    return out.empty();
}
int check_znorm_new(bench *b) {
    cv::Mat out;
    znorm_into(b, out);
    return !(cv::norm(out, tall(b->out), cv::NORM_INF) <= 1e-6 * cv::norm(tall(b->out), cv::NORM_INF));
}
int rescale(bench *b) {
    cv::Mat out = tall(b->peer);
    cv::normalize(tall(b->in), out, 0.0, 1.0, cv::NORM_MINMAX, CV_32F);
    return filled(b, out);
}
int clamp(bench *b) {
    cv::Mat out = tall(b->peer);
    cv::max(tall(b->in), 100.0, out);
    cv::min(out, 600.0, out);
    return filled(b, out);
}
/* keeps what is greater than a bound: the number before ours */
int threshold(bench *b) {
    cv::Mat out = tall(b->peer);
    cv::threshold(tall(b->in), out, std::nextafter(300.0f, 0.0f), 0.0, cv::THRESH_TOZERO);
    return filled(b, out);
}
int linear(bench *b) {
    cv::Mat out = tall(b->peer);
    tall(b->in).convertTo(out, CV_32F, 1.5, -20.0);
    return filled(b, out);
}
int convert(bench *b) {
    cv::Mat out = tall(b->peer);
    tall(b->in).convertTo(out, cv_type(b->peer));
    return filled(b, out);
}
int convert_scaled(bench *b) {
    cv::Mat out = tall(b->peer);
    tall(b->in).convertTo(out, CV_32F, b->in.slope, b->in.inter);
    return filled(b, out);
}
int gamma(bench *b) {
    cv::Mat out = tall(b->peer);
    cv::max(tall(b->in), 0.0, out);
    cv::pow(out, 0.7, out);
    return filled(b, out);
}

/* ---- spatial ---- */
int copy(bench *b) {
    cv::Mat out = tall(b->peer);
    tall(b->in).copyTo(out);
    return filled(b, out);
}
int crop(bench *b) {
    const int start = (int)(b->side / 8), stop = start + (int)b->peer.dim[0];
    const cv::Range axis(start, stop), box[3] = {axis, axis, axis};
    cv::Mat out = solid(b->peer);
    solid(b->in)(box).copyTo(out);
    return filled(b, out);
}
int pad_constant(bench *b) {
    const int n = (int)b->side, w = n / 8;
    const cv::Range axis(w, w + n), box[3] = {axis, axis, axis};
    cv::Mat out = solid(b->peer), middle = out(box);
    out.setTo(0.0);
    solid(b->in).copyTo(middle);
    return filled(b, out);
}
/* each plane by itself, then planes that are there already */
int pad(bench *b, int border) {
    const int n = (int)b->side, w = n / 8;
    for (int z = 0; z < n; z++) {
        cv::Mat out = plane(b->peer, z + w);
        cv::copyMakeBorder(plane(b->in, z), out, w, w, w, w, border);
    }
    for (int k = 1; k <= w; k++) {
        const int inwards = border == cv::BORDER_REPLICATE ? 0 : k;
        cv::Mat before = plane(b->peer, w - k), after = plane(b->peer, w + n - 1 + k);
        plane(b->peer, w + inwards).copyTo(before);
        plane(b->peer, w + n - 1 - inwards).copyTo(after);
    }
    return 0;
}
int pad_reflect(bench *b) { return pad(b, cv::BORDER_REFLECT_101); }
int pad_edge(bench *b) { return pad(b, cv::BORDER_REPLICATE); }

/* b->peer as an image of so many rows */
cv::Mat rows(const bench *b, size_t n) {
    return cv::Mat((int)n, (int)(mv_volume_count(&b->peer) / n), cv_type(b->peer), b->peer.data);
}
int flip_x(bench *b) {
    cv::Mat out = tall(b->peer);
    cv::flip(tall(b->in), out, 1);
    return filled(b, out);
}
int flip_y(bench *b) {
    for (int z = 0; z < (int)b->side; z++) {
        cv::Mat out = plane(b->peer, z);
        cv::flip(plane(b->in, z), out, 0);
    }
    return 0;
}
int flip_z(bench *b) {
    const size_t n = b->side;
    cv::Mat out = rows(b, n);
    cv::flip(tall(b->in).reshape(0, (int)n), out, 0);
    return filled(b, out);
}
int flip_xyz(bench *b) {
    cv::Mat out = tall(b->peer);
    cv::flip(tall(b->in), out, -1);
    return filled(b, out);
}
int permute_yxz(bench *b) {
    for (int z = 0; z < (int)b->side; z++) {
        cv::Mat out = plane(b->peer, z);
        cv::transpose(plane(b->in, z), out);
    }
    return 0;
}
int permute_yzx(bench *b) {
    cv::Mat out = rows(b, b->side);
    cv::transpose(tall(b->in), out);
    return filled(b, out);
}
int permute_zxy(bench *b) {
    const size_t n = b->side;
    cv::Mat out = rows(b, n * n);
    cv::transpose(tall(b->in).reshape(0, (int)n), out);
    return filled(b, out);
}
/* each y a plane of its own, whose rows lie a z plane apart */
int permute_zyx(bench *b) {
    const int n = (int)b->side;
    const size_t row = b->side * mv_dtype_size(b->in.dtype), step = b->side * row;
    for (int y = 0; y < n; y++) {
        const cv::Mat in(n, n, cv_type(b->in), (char *)b->in.data + (size_t)y * row, step);
        cv::Mat out(n, n, cv_type(b->peer), (char *)b->peer.data + (size_t)y * row, step);
        cv::transpose(in, out);
    }
    return 0;
}
int rot90(bench *b) {
    for (int z = 0; z < (int)b->side; z++) {
        cv::Mat out = plane(b->peer, z);
        cv::rotate(plane(b->in, z), out, cv::ROTATE_90_CLOCKWISE);
    }
    return 0;
}
int reorient(bench *b) {
    cv::Mat out = rows(b, b->side);
    cv::transpose(tall(b->in), out);
    cv::flip(out, out, -1);
    return filled(b, out);
}

/* ---- resampling: to half of an even number of voxels, each one lies between two ---- */
int setup_even(bench *b) { return b->side % 2 ? -1 : setup(b); }
int half_linear(bench *b) {
    const mv_volume &v = b->in, &p = b->peer;
    const int x = (int)p.dim[0], y = (int)p.dim[1], z = (int)p.dim[2];
    cv::Mat planes(2 * z, x * y, CV_32F), out(z, x * y, CV_32F, p.data);
    for (int k = 0; k < 2 * z; k++) {
        cv::Mat half(y, x, CV_32F, planes.ptr(k));
        cv::resize(plane(v, k), half, half.size(), 0, 0, cv::INTER_LINEAR);
    }
    cv::resize(planes, out, out.size(), 0, 0, cv::INTER_LINEAR);
    return filled(b, out);
}

} // namespace

/* ---- filters: each plane along x and y, then the volume as one image of x y columns and z rows ---- */
template <class F> int filtered(bench *b, F one) {
    const int n[3] = {(int)b->in.dim[0], (int)b->in.dim[1], (int)b->in.dim[2]};
    cv::Mat between(n[2], n[0] * n[1], CV_32F);
    for (int z = 0; z < n[2]; z++) {
        cv::Mat out(n[1], n[0], CV_32F, between.ptr<float>(z));
        one(plane(b->in, z), out, true);
        if (out.data != between.ptr(z)) return 1;
    }
    cv::Mat out(n[2], n[0] * n[1], CV_32F, b->peer.data);
    one(between, out, false);
    return filled(b, out);
}
template <int sigma> int gaussian(bench *b) {
    return filtered(b, [](const cv::Mat &in, cv::Mat &out, bool both) {
        const int taps = 8 * sigma + 1;
        cv::GaussianBlur(in, out, cv::Size(both ? taps : 1, taps), sigma, sigma, cv::BORDER_REPLICATE);
    });
}
int box_mean(bench *b) {
    return filtered(b, [](const cv::Mat &in, cv::Mat &out, bool both) {
        cv::blur(in, out, cv::Size(both ? 5 : 1, 5), cv::Point(-1, -1), cv::BORDER_REPLICATE);
    });
}

#define ROW(op, type, run, tolerance)                                                                        \
    {"OpenCV", op, MEDVOL_##type, run, tolerance, nullptr, 1, setup, nullptr}
extern "C" {
extern const bench_peer peers_opencv[];
const bench_peer peers_opencv[] = {
    ROW("volume copy", F32, copy, 0),
    ROW("convert to f32", U8, convert, 0),
    ROW("convert to f32", I16, convert, 0),
    ROW("convert to f32", F16, convert, 0),
    ROW("convert to f32", F64, convert, 0),
    ROW("convert to f32, scaled", I16, convert_scaled, 0),
    ROW("convert to u8", F32, convert, 0),
    ROW("convert to i16", F32, convert, 0),
    ROW("convert to f16", F32, convert, 0),
    ROW("convert to f64", F32, convert, 0),
    ROW("stats", U8, stats, 1e-9),
    ROW("stats", I16, stats, 1e-9),
    ROW("stats", F32, stats, 1e-9),
    ROW("stats, masked", F32, stats_masked, 1e-9),
    ROW("histogram", F32, histogram, 1e-7), /* it counts in floats */
    ROW("znorm", I16, znorm, 1e-6),
    ROW("znorm", F32, znorm, 1e-6),
    {"OpenCV", "znorm, new memory", MEDVOL_F32, znorm_new, 0, check_znorm_new, 1, setup, nullptr},
    ROW("rescale", U8, rescale, 1e-6),
    ROW("rescale", F32, rescale, 1e-6),
    ROW("clamp", I16, clamp, 0),
    ROW("clamp", F32, clamp, 0),
    ROW("threshold", F32, threshold, 0),
    ROW("linear", F32, linear, 1e-7),
    ROW("gamma", F32, gamma, 1e-6),
    ROW("crop", I16, crop, 0),
    ROW("crop", F32, crop, 0),
    ROW("pad constant", F32, pad_constant, 0),
    ROW("pad reflect", F32, pad_reflect, 0),
    ROW("pad edge", I16, pad_edge, 0),
    ROW("flip x", U8, flip_x, 0),
    ROW("flip x", I16, flip_x, 0),
    ROW("flip x", F32, flip_x, 0),
    ROW("flip y", F32, flip_y, 0),
    ROW("flip z", F32, flip_z, 0),
    ROW("flip xyz", F32, flip_xyz, 0),
    ROW("permute zyx", U8, permute_zyx, 0),
    ROW("permute zyx", I16, permute_zyx, 0),
    ROW("permute zyx", F32, permute_zyx, 0),
    ROW("permute yxz", F32, permute_yxz, 0),
    ROW("permute yzx", F32, permute_yzx, 0),
    ROW("permute zxy", F32, permute_zxy, 0),
    ROW("rot90", F32, rot90, 0),
    ROW("reorient", F32, reorient, 0),
    ROW("gaussian sigma 1", F32, gaussian<1>, 1e-6),
    ROW("gaussian sigma 3", F32, gaussian<3>, 1e-6),
    ROW("box mean radius 2", F32, box_mean, 1e-6),
    {"OpenCV", "half linear", MEDVOL_F32, half_linear, 3e-7, nullptr, 1, setup_even, nullptr},
    {"OpenCV", "shape linear", MEDVOL_F32, half_linear, 3e-7, nullptr, 1, setup_even, nullptr},
    {},
};
}
