/* needs: opencv2/video.hpp
   cflags: $(pkg-config --cflags opencv4 | sed s,-I,-isystem,g)
   libs: -lopencv_video -lopencv_imgproc -lopencv_core -lstdc++ */
/* OpenCV's dense inverse search, 8 bits. Its field is interleaved: no copy into ours is counted. */
#include "../bench.h"
#include <opencv2/core.hpp>
#include <opencv2/video.hpp>

namespace {

cv::Mat plane(const mv_volume &v) { return cv::Mat((int)v.dim[1], (int)v.dim[0], CV_8U, v.data); }
int setup(bench *b) {
    cv::setNumThreads(mv_threads(b->ctx));
    return 0;
}
int flow(bench *b, int preset, cv::Mat &out) {
    cv::DISOpticalFlow::create(preset)->calc(plane(b->aux[1]), plane(b->aux[0]), out);
    return out.empty();
}
int medium(bench *b) {
    cv::Mat out;
    return flow(b, cv::DISOpticalFlow::PRESET_MEDIUM, out);
}
/* the same way as ours, and as far, within half a pixel on average */
int check(bench *b) {
    const size_t nx = b->aux[0].dim[0], n = nx * b->aux[0].dim[1];
    const float *w = (const float *)b->out.data;
    double sum = 0.0;
    cv::Mat out;
    if (flow(b, cv::DISOpticalFlow::PRESET_MEDIUM, out)) return 1;
    for (size_t i = 0; i < n; i++) {
        const cv::Vec2f &v = out.at<cv::Vec2f>((int)(i / nx), (int)(i % nx));
        sum += std::hypot((double)(v[0] - w[i]), (double)(v[1] - w[n + i]));
    }
    return !(sum < 0.5 * (double)n);
}

} // namespace
#define ROW(op, run) {"OpenCV", op, MEDVOL_U8, run, 0, check, 1, setup, nullptr}
extern "C" {
extern const bench_peer peers_opencv_flow[];
const bench_peer peers_opencv_flow[] = {
    ROW("flow", medium),
    ROW("flow, fast", medium),
    ROW("flow, accurate", medium),
    {},
};
}
#undef ROW
