/* needs: opencv2/video.hpp
   cflags: $(pkg-config --cflags opencv4 | sed s,-I,-isystem,g)
   libs: -lopencv_video -lopencv_imgproc -lopencv_core -lstdc++ */
/* OpenCV's dense inverse search and its Farneback, 8 bits. Its field is interleaved: no copy into ours is
   counted. Each stands beside the row of ours whose error is like its own: MEDIUM, which ends at a quarter of
   the pixels, beside fast; down to the finest level beside the other two. Its Farneback: poly_n is a radius (5: filters of 11); `levels` does not count the finest, and they
   end where a side has 32 pixels; windows are boxes, here of 15 (its Gaussian of 25 has deviation 3.6, ours
   5); rows and columns at the borders are repeated, and weighed by fixed factors within 5 pixels; where q +
   u(q) is outside, the fixed image stands for both. */
#include "../bench.h"
#include <opencv2/core.hpp>
#include <opencv2/video.hpp>

namespace {

cv::Mat plane(const mv_volume &v) { return cv::Mat((int)v.dim[1], (int)v.dim[0], CV_8U, v.data); }
int setup(bench *b) {
    cv::setNumThreads(mv_threads(b->ctx));
    return 0;
}
int search(const bench *b, bool full, cv::Mat &out) {
    cv::Ptr<cv::DISOpticalFlow> dis = cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_MEDIUM);
    if (full) dis->setFinestScale(0);
    dis->calc(plane(b->aux[1]), plane(b->aux[0]), out);
    return out.empty();
}
int medium(bench *b) {
    cv::Mat out;
    return search(b, false, out);
}
int full(bench *b) {
    cv::Mat out;
    return search(b, true, out);
}
int expansions(const bench *b, cv::Mat &out) {
    int levels = 0;
    for (size_t n = b->aux[0].dim[0]; n >= 64; n /= 2) levels++;
    cv::calcOpticalFlowFarneback(plane(b->aux[1]), plane(b->aux[0]), out, 0.5, levels, 15, 3, 5, 1.1, 0);
    return out.empty();
}
int farneback(bench *b) {
    cv::Mat out;
    return expansions(b, out);
}
/* the same way as ours, and as far, within half a pixel on average */
template <typename F> int alike(bench *b, F &&made) {
    const size_t nx = b->aux[0].dim[0], n = nx * b->aux[0].dim[1];
    const float *w = (const float *)b->out.data;
    double sum = 0.0;
    cv::Mat out;
    if (made(out)) return 1;
    for (size_t i = 0; i < n; i++) {
        const cv::Vec2f &v = out.at<cv::Vec2f>((int)(i / nx), (int)(i % nx));
        sum += std::hypot((double)(v[0] - w[i]), (double)(v[1] - w[n + i]));
    }
    return !(sum < 0.5 * (double)n);
}
int check_medium(bench *b) {
    return alike(b, [b](cv::Mat &out) { return search(b, false, out); });
}
int check_full(bench *b) {
    return alike(b, [b](cv::Mat &out) { return search(b, true, out); });
}
int check_farneback(bench *b) {
    return alike(b, [b](cv::Mat &out) { return expansions(b, out); });
}

} // namespace
#define ROW(op, run, same) {"OpenCV", op, MEDVOL_U8, run, 0, same, 1, setup, nullptr}
extern "C" {
extern const bench_peer peers_opencv_flow[];
const bench_peer peers_opencv_flow[] = {
    ROW("flow", full, check_full),
    ROW("flow, fast", medium, check_medium),
    ROW("flow, accurate", full, check_full),
    ROW("flow, expansions", farneback, check_farneback),
    {},
};
}
#undef ROW
