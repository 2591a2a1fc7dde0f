/* needs: itkImage.h
   cflags: -isystem $(ls -d /usr/{local/,}include/ITK-* | head -1)
   libs: $(ls /usr/{local/lib,lib,lib/$(uname -m)-linux-gnu}/libITK{Common,Statistics,Transform}-*.so)
   libs: $(ls /usr/{local/lib,lib,lib/$(uname -m)-linux-gnu}/libitkvnl{,_algo}-*.so) -lstdc++ */
/* Images lie on the voxel grid (spacing 1, origin 0) around our memory, and filters write into b->peer. Left
   out, for they give other numbers: casts to integers (cut off, not rounded) and mirrored padding (the border
   voxel twice). */
#include "../bench.h"
#include <itkBSplineInterpolateImageFunction.h>
#include <itkBinaryThresholdImageFilter.h>
#include <itkCastImageFilter.h>
#include <itkClampImageFilter.h>
#include <itkConstantPadImageFilter.h>
#include <itkFlipImageFilter.h>
#include <itkImageToHistogramFilter.h>
#include <itkNearestNeighborInterpolateImageFunction.h>
#include <itkPermuteAxesImageFilter.h>
#include <itkPowImageFilter.h>
#include <itkRegionOfInterestImageFilter.h>
#include <itkResampleImageFilter.h>
#include <itkRescaleIntensityImageFilter.h>
#include <itkShiftScaleImageFilter.h>
#include <itkSignedMaurerDistanceMapImageFilter.h>
#include <itkStatisticsImageFilter.h>
#include <itkThreadPool.h>
#include <itkThresholdImageFilter.h>
#include <itkWarpImageFilter.h>
#include <itkZeroFluxNeumannPadImageFilter.h>

namespace {

template <class T> using image = itk::Image<T, 3>;
using image_f = image<float>;

/* Its threads inherit the cores of the one that starts them: before the bench pins itself. */
const auto pool = itk::ThreadPool::GetInstance();
int setup(bench *b) {
    const auto threads = (itk::ThreadIdType)mv_threads(b->ctx);
    itk::MultiThreaderBase::SetGlobalDefaultNumberOfThreads(threads);
    if (pool->GetMaximumNumberOfThreads() < threads)
        pool->AddThreads(threads - pool->GetMaximumNumberOfThreads());
    return 0;
}

/* ---- our memory in their hands ---- */
template <class T> typename image<T>::PixelContainerPointer memory(const mv_volume &v) {
    auto container = image<T>::PixelContainer::New();
    container->SetImportPointer((T *)v.data, mv_volume_count(&v), false);
    return container;
}
template <class T> itk::Size<3> size_of(const T *n) {
    itk::Size<3> size;
    for (unsigned d = 0; d < 3; d++) size[d] = (itk::SizeValueType)n[d];
    return size;
}
template <class T> typename image<T>::Pointer input(const mv_volume &v) {
    auto in = image<T>::New();
    in->SetRegions(size_of(v.dim));
    in->SetPixelContainer(memory<T>(v));
    return in;
}
/* runs a filter into b->peer; non-zero when it made memory of its own or threw */
template <class F> int into_peer(bench *b, F filter) {
    auto out = filter->GetOutput();
    using pixel = typename F::ObjectType::OutputImageType::PixelType;
    out->SetPixelContainer(memory<pixel>(b->peer));
    try {
        filter->Update();
    } catch (const itk::ExceptionObject &e) {
        std::cerr << e.GetDescription() << '\n';
        return 1;
    }
    return out->GetBufferPointer() != b->peer.data;
}
template <class F> typename F::Pointer reads(const bench *b) {
    auto filter = F::New();
    filter->SetInput(input<typename F::InputImageType::PixelType>(b->in));
    return filter;
}
/* for filters that would like to overwrite their input */
template <class F> typename F::Pointer maps(const bench *b) {
    auto filter = reads<F>(b);
    filter->InPlaceOff();
    return filter;
}

template <class T> int cast(bench *b) {
    return into_peer(b, maps<itk::CastImageFilter<image<T>, image_f>>(b));
}
int to_f64(bench *b) { return into_peer(b, maps<itk::CastImageFilter<image_f, image<double>>>(b)); }

/* ---- intensity ---- */
struct moments {
    double min, max, mean, sd; /* of the population */
};
template <class T> moments measure(const bench *b) {
    const auto filter = reads<itk::StatisticsImageFilter<image<T>>>(b);
    const double n = (double)mv_volume_count(&b->in);
    filter->Update();
    return {(double)filter->GetMinimum(), (double)filter->GetMaximum(), filter->GetMean(),
        std::sqrt(filter->GetVariance() * (n - 1.0) / n)};
}
template <class T> int stats(bench *b) {
    const moments m = measure<T>(b);
    b->peer_number[0] = m.min;
    b->peer_number[1] = m.max;
    b->peer_number[2] = m.mean;
    b->peer_number[3] = m.sd;
    return 0;
}
/* NormalizeImageFilter is these two, but divides by the deviation of the sample */
template <class T> typename itk::ShiftScaleImageFilter<image<T>, image_f>::Pointer znormer(const bench *b) {
    const auto filter = reads<itk::ShiftScaleImageFilter<image<T>, image_f>>(b);
    const moments m = measure<T>(b);
    filter->SetShift(-m.mean);
    filter->SetScale(1.0 / m.sd);
    return filter;
}
template <class T> int znorm(bench *b) { return into_peer(b, znormer<T>(b)); }
int znorm_new(bench *b) {
    const auto filter = znormer<float>(b);
    filter->Update();
    return !filter->GetOutput()->GetBufferPointer();
}
int check_znorm_new(bench *b) {
    const auto filter = znormer<float>(b);
    double worst = 0.0, scale = 0.0;
    filter->Update();
    for (size_t i = 0; i < mv_volume_count(&b->out); i++) {
        const double ours = bench_value(&b->out, i);
        worst = std::fmax(worst, std::fabs((double)filter->GetOutput()->GetBufferPointer()[i] - ours));
        scale = std::fmax(scale, std::fabs(ours));
    }
    return !(worst <= 1e-6 * scale);
}
int linear(bench *b) {
    const auto filter = reads<itk::ShiftScaleImageFilter<image_f, image_f>>(b);
    filter->SetShift(-20.0 / 1.5);
    filter->SetScale(1.5);
    return into_peer(b, filter);
}
template <class T> int rescale(bench *b) {
    const auto filter = maps<itk::RescaleIntensityImageFilter<image<T>, image_f>>(b);
    filter->SetOutputMinimum(0.0f);
    filter->SetOutputMaximum(1.0f);
    return into_peer(b, filter);
}
template <class T> int clamp(bench *b) {
    const auto filter = maps<itk::ClampImageFilter<image<T>, image<T>>>(b);
    filter->SetBounds(100, 600);
    return into_peer(b, filter);
}
int threshold(bench *b) {
    const auto filter = maps<itk::ThresholdImageFilter<image_f>>(b);
    filter->ThresholdBelow(300.0f);
    filter->SetOutsideValue(0.0f);
    return into_peer(b, filter);
}
int binary(bench *b) {
    const auto filter = maps<itk::BinaryThresholdImageFilter<image_f, image<uint8_t>>>(b);
    filter->SetLowerThreshold(300.0f);
    filter->SetInsideValue(1);
    filter->SetOutsideValue(0);
    return into_peer(b, filter);
}
int gamma(bench *b) {
    const auto above = maps<itk::ClampImageFilter<image_f, image_f>>(b);
    const auto filter = itk::PowImageFilter<image_f>::New();
    above->SetBounds(0.0f, itk::NumericTraits<float>::max());
    filter->SetInput1(above->GetOutput());
    filter->SetConstant(0.7f);
    filter->InPlaceOff();
    return into_peer(b, filter);
}
/* as the row picks them: every eighth of 256 bins, and how many there are in all */
template <class T> int histogram(bench *b) {
    using filter_t = itk::Statistics::ImageToHistogramFilter<image<T>>;
    const auto filter = reads<filter_t>(b);
    typename filter_t::HistogramType::SizeType bins(1);
    typename filter_t::HistogramMeasurementVectorType lo(1), hi(1);
    bins[0] = 256;
    lo[0] = 0;
    hi[0] = 1000;
    filter->SetAutoMinimumMaximum(false);
    filter->SetHistogramSize(bins);
    filter->SetHistogramBinMinimum(lo);
    filter->SetHistogramBinMaximum(hi);
    filter->Update();
    for (unsigned k = 0; k < 30; k++) b->peer_number[k] = (double)filter->GetOutput()->GetFrequency(8 * k, 0);
    b->peer_number[30] = (double)filter->GetOutput()->GetTotalFrequency();
    return 0;
}

/* ---- spatial ---- */
template <class T> int crop(bench *b) {
    const auto filter = reads<itk::RegionOfInterestImageFilter<image<T>, image<T>>>(b);
    itk::Index<3> start;
    start.Fill((itk::IndexValueType)(b->side / 8));
    filter->SetRegionOfInterest({start, size_of(b->peer.dim)});
    return into_peer(b, filter);
}
template <class F> int pad(bench *b, F filter) {
    const size_t width[3] = {b->side / 8, b->side / 8, b->side / 8};
    filter->SetPadBound(size_of(width));
    return into_peer(b, filter);
}
int pad_constant(bench *b) { return pad(b, reads<itk::ConstantPadImageFilter<image_f, image_f>>(b)); }
int pad_edge(bench *b) {
    return pad(b, reads<itk::ZeroFluxNeumannPadImageFilter<image<int16_t>, image<int16_t>>>(b));
}
template <class T> typename itk::FlipImageFilter<image<T>>::Pointer flipper(bool x, bool y, bool z) {
    const auto filter = itk::FlipImageFilter<image<T>>::New();
    const bool axes[3] = {x, y, z};
    filter->SetFlipAxes(itk::FixedArray<bool, 3>(axes));
    return filter;
}
template <class T, bool X, bool Y, bool Z> int flip(bench *b) {
    const auto filter = flipper<T>(X, Y, Z);
    filter->SetInput(input<T>(b->in));
    return into_peer(b, filter);
}
template <class T> typename itk::PermuteAxesImageFilter<image<T>>::Pointer permuter(
    const bench *b, unsigned x, unsigned y, unsigned z) {
    const auto filter = reads<itk::PermuteAxesImageFilter<image<T>>>(b);
    const unsigned order[3] = {x, y, z};
    filter->SetOrder(itk::FixedArray<unsigned, 3>(order));
    return filter;
}
template <class T, unsigned X, unsigned Y, unsigned Z> int permute(bench *b) {
    return into_peer(b, permuter<T>(b, X, Y, Z));
}
/* as OrientImageFilter does it: permuted, then flipped */
int rot90(bench *b) {
    const auto turned = permuter<float>(b, 1, 0, 2);
    const auto filter = flipper<float>(true, false, false);
    filter->SetInput(turned->GetOutput());
    return into_peer(b, filter);
}
int reorient(bench *b) {
    const auto turned = permuter<float>(b, 1, 2, 0);
    const auto filter = flipper<float>(true, true, true);
    filter->SetInput(turned->GetOutput());
    return into_peer(b, filter);
}

/* ---- resampling: the grid of the result, which may be turned, in voxels of the input ---- */
void grid(const bench *b, double *m) {
    double back[12];
    if (mv_affine_invert(back, b->in.affine) < 0) mv_affine_identity(back);
    mv_affine_mul(m, back, b->peer.affine);
}
template <class T, class U, class I> int resample(bench *b) {
    const auto filter = reads<itk::ResampleImageFilter<image<T>, image<U>>>(b);
    image_f::PointType origin;
    image_f::SpacingType spacing;
    image_f::DirectionType direction;
    double m[12], step[3];
    grid(b, m);
    mv_affine_spacing(step, m);
    for (unsigned r = 0; r < 3; r++) {
        origin[r] = m[4 * r + 3];
        spacing[r] = step[r];
        for (unsigned c = 0; c < 3; c++) direction[r][c] = m[4 * r + c] / step[c];
    }
    filter->SetInterpolator(I::New());
    filter->SetOutputOrigin(origin);
    filter->SetOutputSpacing(spacing);
    filter->SetOutputDirection(direction);
    filter->SetSize(size_of(b->peer.dim));
    return into_peer(b, filter);
}
template <class T> int nearest(bench *b) {
    return resample<T, T, itk::NearestNeighborInterpolateImageFunction<image<T>>>(b);
}
template <class T> int between(bench *b) {
    return resample<T, float, itk::LinearInterpolateImageFunction<image<T>>>(b);
}
int cubic(bench *b) {
    return resample<float, float, itk::BSplineInterpolateImageFunction<image_f, double, float>>(b);
}

/* Every voxel but those where the two differ by design or by the last bit of a position: `border`, in the
   half voxel beyond the outermost centres, which ours moves to the centre and ITK's spline does not; at the
   outer faces, where the volume ends; `tie`, half-way between two voxels. Of many voxels some two million. */
int compare(const bench *b, double tolerance, bool border, bool tie) {
    const size_t *n = b->peer.dim, count = mv_volume_count(&b->peer), step = count / 2000003 + 1;
    double m[12], worst = 0.0, scale = 0.0;
    size_t compared = 0;
    grid(b, m);
    for (size_t i = 0; i < count; i += step) {
        const double at[3] = {(double)(i % n[0]), (double)(i / n[0] % n[1]), (double)(i / n[0] / n[1])};
        double x[3];
        bool skip = false;
        mv_affine_apply(x, m, at);
        for (unsigned d = 0; d < 3; d++) {
            const double last = (double)b->in.dim[d] - 1.0, outside = std::fmax(-x[d], x[d] - last);
            skip = skip || std::fabs(outside - 0.5) < 1e-6 || (border && outside > 0.0 && outside < 0.5) ||
                (tie && std::fabs(x[d] - std::floor(x[d]) - 0.5) < 1e-6);
        }
        if (skip) continue;
        const double ours = bench_value(&b->out, i), theirs = bench_value(&b->peer, i);
        if (std::isnan(theirs)) return 1;
        worst = std::fmax(worst, std::fabs(ours - theirs));
        scale = std::fmax(scale, std::fabs(ours));
        compared++;
    }
    return !(worst <= tolerance * scale) || compared < count / step / 2;
}
/* 1e-5: what our levels may differ by among themselves where nothing lies on the axes */
int check_linear(bench *b) { return compare(b, 1e-5, false, false); }
int check_nearest(bench *b) { return compare(b, 0.0, false, true); }
int check_cubic(bench *b) { return compare(b, 1e-5, true, false); }

} // namespace

/* ---- distances in voxels, negative within: only those without are ours ---- */
int distance(bench *b) {
    auto mask = image<uint8_t>::New();
    mask->SetRegions(size_of(b->in.dim));
    mask->Allocate();
    const float *v = (const float *)b->in.data;
    for (size_t i = 0; i < mv_volume_count(&b->in); i++) mask->GetBufferPointer()[i] = v[i] > 250;
    auto filter = itk::SignedMaurerDistanceMapImageFilter<image<uint8_t>, image_f>::New();
    filter->SetInput(mask);
    filter->SetSquaredDistance(false);
    filter->SetUseImageSpacing(false);
    filter->Update(); /* into memory of its own, whatever it is told; the copy is a small part of its time */
    memcpy(b->peer.data, filter->GetOutput()->GetBufferPointer(), bench_bytes(&b->peer));
    return 0;
}
int check_distance(bench *b) {
    for (size_t i = 0; i < mv_volume_count(&b->out); i++) {
        const double ours = bench_value(&b->out, i) / 0.9, theirs = bench_value(&b->peer, i);
        if (ours > 0 ? !(fabs(theirs - ours) <= 1e-5 * ours) : theirs > 0) return 1;
    }
    return 0;
}

/* ---- a field, vectors voxel by voxel as they have them, in voxels ---- */
using vectors = itk::Image<itk::Vector<float, 3>, 3>;
int field_setup(bench *b) {
    const size_t n = mv_volume_count(&b->in);
    auto *own = new vectors::Pointer(vectors::New());
    (*own)->SetRegions(size_of(b->in.dim));
    (*own)->Allocate();
    for (size_t i = 0; i < n; i++)
        for (unsigned c = 0; c < 3; c++)
            (*own)->GetBufferPointer()[i][c] = (float)(bench_value(&b->aux[0], n * c + i) / 0.9);
    b->peer_own = own;
    return setup(b);
}
void field_done(bench *b) { delete (vectors::Pointer *)b->peer_own; }
template <class T> int warp(bench *b) {
    const auto filter = reads<itk::WarpImageFilter<image<T>, image_f, vectors>>(b);
    filter->SetDisplacementField(*(vectors::Pointer *)b->peer_own);
    filter->SetOutputParametersFromImage(filter->GetInput());
    return into_peer(b, filter);
}

#define ROW(op, type, run, tolerance)                                                                        \
    {"ITK", op, MEDVOL_##type, run, tolerance, nullptr, 1, setup, nullptr}
#define CHECKED(op, type, run, check) {"ITK", op, MEDVOL_##type, run, 0, check, 1, setup, nullptr}
extern "C" {
extern const bench_peer peers_itk[];
const bench_peer peers_itk[] = {
    ROW("convert to f32", U8, cast<uint8_t>, 0),
    ROW("convert to f32", I16, cast<int16_t>, 0),
    ROW("convert to f32", F64, cast<double>, 0),
    ROW("convert to f64", F32, to_f64, 0),
    ROW("stats", U8, stats<uint8_t>, 1e-9),
    ROW("stats", I16, stats<int16_t>, 1e-9),
    ROW("stats", F32, stats<float>, 1e-9),
    ROW("histogram", I16, histogram<int16_t>, 0),
    ROW("histogram", F32, histogram<float>, 0),
    ROW("znorm", I16, znorm<int16_t>, 1e-6),
    ROW("znorm", F32, znorm<float>, 1e-6),
    CHECKED("znorm, new memory", F32, znorm_new, check_znorm_new),
    ROW("rescale", U8, rescale<uint8_t>, 1e-6),
    ROW("rescale", F32, rescale<float>, 1e-6),
    ROW("clamp", I16, clamp<int16_t>, 0),
    ROW("clamp", F32, clamp<float>, 0),
    ROW("threshold", F32, threshold, 0),
    ROW("threshold, binary", F32, binary, 0),
    ROW("linear", F32, linear, 1e-6),
    ROW("gamma", F32, gamma, 1e-6),
    ROW("crop", I16, crop<int16_t>, 0),
    ROW("crop", F32, crop<float>, 0),
    ROW("pad constant", F32, pad_constant, 0),
    ROW("pad edge", I16, pad_edge, 0),
    ROW("flip x", U8, (flip<uint8_t, true, false, false>), 0),
    ROW("flip x", I16, (flip<int16_t, true, false, false>), 0),
    ROW("flip x", F32, (flip<float, true, false, false>), 0),
    ROW("flip y", F32, (flip<float, false, true, false>), 0),
    ROW("flip z", F32, (flip<float, false, false, true>), 0),
    ROW("flip xyz", F32, (flip<float, true, true, true>), 0),
    ROW("permute zyx", U8, (permute<uint8_t, 2, 1, 0>), 0),
    ROW("permute zyx", I16, (permute<int16_t, 2, 1, 0>), 0),
    ROW("permute zyx", F32, (permute<float, 2, 1, 0>), 0),
    ROW("permute yxz", F32, (permute<float, 1, 0, 2>), 0),
    ROW("permute yzx", F32, (permute<float, 1, 2, 0>), 0),
    ROW("permute zxy", F32, (permute<float, 2, 0, 1>), 0),
    ROW("rot90", F32, rot90, 0),
    ROW("reorient", F32, reorient, 0),
    CHECKED("spacing nearest", U8, nearest<uint8_t>, check_nearest),
    CHECKED("spacing nearest", F32, nearest<float>, check_nearest),
    CHECKED("spacing linear", I16, between<int16_t>, check_linear),
    CHECKED("spacing linear", F32, between<float>, check_linear),
    CHECKED("spacing cubic", F32, cubic, check_cubic),
    CHECKED("half linear", F32, between<float>, check_linear),
    CHECKED("half cubic", F32, cubic, check_cubic),
    CHECKED("shape linear", F32, between<float>, check_linear),
    CHECKED("turn nearest", F32, nearest<float>, check_nearest),
    CHECKED("turn linear", I16, between<int16_t>, check_linear),
    CHECKED("turn linear", F32, between<float>, check_linear),
    CHECKED("turn cubic", F32, cubic, check_cubic),
    CHECKED("distance to bright voxels", F32, distance, check_distance),
    {"ITK", "warp linear", MEDVOL_I16, warp<int16_t>, 4e-5, nullptr, 1, field_setup, field_done},
    {"ITK", "warp linear", MEDVOL_F32, warp<float>, 4e-5, nullptr, 1, field_setup, field_done},
    CHECKED("like another scan", F32, between<float>, check_linear),
    {},
};
}
