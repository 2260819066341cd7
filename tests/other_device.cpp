// A device of torch's that stands in for a graphics card: its tensors are computed on by the processor, but an
// operation that is given tensors of both is refused. For tests (tests/other_device.py builds and loads it).
#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/native/Resize.h>
#include <ATen/ops/as_strided_cpu_dispatch.h>
#include <ATen/ops/set_cpu_dispatch.h>
#include <ATen/ops/unfold_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

namespace {

constexpr auto OTHER = c10::DeviceType::PrivateUse1;
constexpr c10::DispatchKeySet KEYS(c10::DispatchKey::PrivateUse1);

struct Guard final : c10::impl::NoOpDeviceGuardImpl<OTHER> {
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  c10::Device getDevice() const override { return c10::Device(OTHER, 0); }
  c10::Device exchangeDevice(c10::Device) const override { return c10::Device(OTHER, 0); }
  c10::Stream getStream(c10::Device) const noexcept override {
    return c10::Stream(c10::Stream::DEFAULT, c10::Device(OTHER, 0));
  }
  c10::Stream getNewStream(c10::Device device, int) const override { return getStream(device); }
  c10::Stream exchangeStream(c10::Stream stream) const noexcept override { return stream; }
  void record(void**, const c10::Stream&, const c10::DeviceIndex, const c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  void destroyEvent(void*, const c10::DeviceIndex) const noexcept override {}
  bool queryStream(const c10::Stream&) const override { return true; }
  void synchronizeStream(const c10::Stream&) const override {}
};

struct Memory final : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) override {
    void* data = bytes ? std::malloc(bytes) : nullptr;
    return {data, data, &std::free, c10::Device(OTHER, 0)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &std::free; }
  void copy_data(void* into, const void* from, std::size_t bytes) const override {
    default_copy_data(into, from, bytes);
  }
};
Memory memory;
REGISTER_ALLOCATOR(OTHER, &memory);

struct Hooks final : at::PrivateUse1HooksInterface {
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
};
const bool registered = [] {
  at::RegisterPrivateUse1HooksInterface(new Hooks());
  return true;
}();

// The same numbers as a tensor of the processor, without a copy.
at::Tensor on_cpu(const at::Tensor& t) {
  return at::from_blob(
      t.data_ptr(), t.sizes(), t.strides(), [t](void*) {}, t.options().device(at::kCPU).requires_grad(false));
}

at::Tensor empty(c10::IntArrayRef size, std::optional<c10::ScalarType> type, std::optional<c10::Layout>,
                 std::optional<c10::Device>, std::optional<bool>, std::optional<c10::MemoryFormat> format) {
  return at::detail::empty_generic(size, &memory, KEYS, c10::dtype_or_default(type), format);
}

at::Tensor empty_strided(c10::IntArrayRef size, c10::IntArrayRef stride, std::optional<c10::ScalarType> type,
                         std::optional<c10::Layout>, std::optional<c10::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(size, stride, &memory, KEYS, c10::dtype_or_default(type));
}

at::Tensor copy_from(const at::Tensor& self, const at::Tensor& into, bool) {
  if (self.numel() == 0) return into;
  auto from = self.device().type() == OTHER ? on_cpu(self) : self;
  auto to = into.device().type() == OTHER ? on_cpu(into) : into;
  to.copy_(from);
  return into;
}

at::Tensor copy_from_and_resize(const at::Tensor& self, const at::Tensor& into) {
  into.resize_(self.sizes());
  return copy_from(self, into, false);
}

at::Tensor as_strided(const at::Tensor& self, c10::IntArrayRef size, c10::IntArrayRef stride,
                      std::optional<int64_t> at) {
  return at::cpu::as_strided(self, size, stride, at);
}

at::Tensor reshape_alias(const at::Tensor& self, c10::IntArrayRef size, c10::IntArrayRef stride) {
  return self.as_strided(size, stride);
}

at::Tensor unfold(const at::Tensor& self, int64_t dimension, int64_t size, int64_t step) {
  return at::native::unfold(self, dimension, size, step);
}

at::Tensor view(const at::Tensor& self, c10::SymIntArrayRef size) {
  return at::native::view(self, C10_AS_INTARRAYREF_SLOW(size));
}

const at::Tensor& resize(const at::Tensor& self, c10::SymIntArrayRef size, std::optional<c10::MemoryFormat> format) {
  return at::native::resize_(self, C10_AS_INTARRAYREF_SLOW(size), format);
}

at::Tensor& set_source(at::Tensor& self, at::Storage source, int64_t at, c10::IntArrayRef size,
                       c10::IntArrayRef stride) {
  return at::cpu::set_(self, source, at, size, stride);
}

at::Tensor& set_storage(at::Tensor& self, at::Storage source) { return at::cpu::set_(self, source); }

// An LSTM's cell as a graphics card has it, written out; and convolution, which asks each device for its own.
std::tuple<at::Tensor, at::Tensor, at::Tensor> lstm_cell(const at::Tensor& x, const at::Tensor& h, const at::Tensor& cx,
                                                         const std::optional<at::Tensor>& bx,
                                                         const std::optional<at::Tensor>& bh) {
  auto gates = x + h;
  if (bx && bx->defined()) gates = gates + *bx;
  if (bh && bh->defined()) gates = gates + *bh;
  auto parts = gates.chunk(4, 1);
  auto i = parts[0].sigmoid(), f = parts[1].sigmoid(), g = parts[2].tanh(), o = parts[3].sigmoid();
  auto cy = f * cx + i * g;
  return {o * cy.tanh(), cy, at::cat({i, f, g, o}, 1)};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> lstm_cell_backward(const std::optional<at::Tensor>& dh,
                                                                  const std::optional<at::Tensor>& dc,
                                                                  const at::Tensor& cx, const at::Tensor& cy,
                                                                  const at::Tensor& kept, bool has_bias) {
  auto parts = kept.chunk(4, 1);
  auto i = parts[0], f = parts[1], g = parts[2], o = parts[3];
  auto t = cy.tanh();
  auto gh = dh && dh->defined() ? *dh : at::zeros_like(cy);
  auto gc = (dc && dc->defined() ? *dc : at::zeros_like(cy)) + gh * o * (1 - t * t);
  auto gates = at::cat({gc * g * i * (1 - i), gc * cx * f * (1 - f), gc * i * (1 - g * g), gh * t * o * (1 - o)}, 1);
  return {gates, gc * f, has_bias ? gates.sum(0) : at::Tensor()};
}

at::Tensor convolution(const at::Tensor& x, const at::Tensor& w, const std::optional<at::Tensor>& b,
                       c10::IntArrayRef stride, c10::IntArrayRef pad, c10::IntArrayRef dilation, bool transposed,
                       c10::IntArrayRef out_pad, int64_t groups) {
  auto given = b && b->defined() ? std::optional<at::Tensor>(b->cpu()) : std::nullopt;
  return at::convolution(x.cpu(), w.cpu(), given, stride, pad, dilation, transposed, out_pad, groups).to(x.device());
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> convolution_backward(const at::Tensor& d, const at::Tensor& x,
                                                                    const at::Tensor& w, c10::IntArrayRef stride,
                                                                    c10::IntArrayRef pad, c10::IntArrayRef dilation,
                                                                    bool transposed, c10::IntArrayRef out_pad,
                                                                    int64_t groups, std::array<bool, 3> mask) {
  std::optional<c10::SmallVector<int64_t, 1>> none;
  auto sizes = c10::SmallVector<int64_t, 1>{w.size(transposed ? 1 : 0)};
  auto [dx, dw, db] = at::convolution_backward(d.cpu(), x.cpu(), w.cpu(), at::OptionalIntArrayRef(sizes), stride, pad,
                                               dilation, transposed, out_pad, groups, mask);
  auto back = [&](const at::Tensor& t) { return t.defined() ? t.to(x.device()) : t; };
  return {back(dx), back(dw), back(db)};
}

// The running mean and variance are moved in place, which their declaration does not say.
std::tuple<at::Tensor, at::Tensor, at::Tensor> batch_norm(const at::Tensor& x, const std::optional<at::Tensor>& w,
                                                          const std::optional<at::Tensor>& b,
                                                          const std::optional<at::Tensor>& mean,
                                                          const std::optional<at::Tensor>& variance, bool training,
                                                          double momentum, double epsilon) {
  auto here = [](const std::optional<at::Tensor>& t) {
    return t && t->defined() ? std::optional<at::Tensor>(on_cpu(*t)) : std::nullopt;
  };
  auto [y, saved_mean, saved_scale] =
      at::native_batch_norm(on_cpu(x), here(w), here(b), here(mean), here(variance), training, momentum, epsilon);
  return {y.to(x.device()), saved_mean.to(x.device()), saved_scale.to(x.device())};
}

void refuse_mixture(const c10::OperatorHandle& op, const torch::jit::Stack& stack) {
  const auto& name = op.schema().name();
  if (name == "aten::index" || name == "aten::index_put_" || name == "aten::_index_put_impl_")
    return;  // places may lie on the processor
  const auto count = op.schema().arguments().size();
  auto look = [&](const at::Tensor& t) {
    TORCH_CHECK(!t.defined() || t.device().type() == OTHER || t.dim() == 0,
                "Expected all tensors to be on the same device, but ", name,
                " was given one of the processor, of shape ", t.sizes());
  };
  for (const auto& value : torch::jit::last(stack, count)) {
    if (value.isTensor())
      look(value.toTensor());
    else if (value.isTensorList())
      for (const at::Tensor& t : value.toTensorVector()) look(t);
  }
}

void fallback(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  refuse_mixture(op, *stack);
  at::native::cpu_fallback(op, stack);
}

}  // namespace

namespace c10::impl {
C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard);
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, m) { m.fallback(torch::CppFunction::makeFromBoxedFunction<&fallback>()); }

TORCH_LIBRARY_IMPL(aten, PrivateUse1, m) {
  m.impl("empty.memory_format", empty);
  m.impl("empty_strided", empty_strided);
  m.impl("_copy_from", copy_from);
  m.impl("_copy_from_and_resize", copy_from_and_resize);
  m.impl("as_strided", as_strided);
  m.impl("view", view);
  m.impl("_reshape_alias", reshape_alias);
  m.impl("unfold", unfold);
  m.impl("resize_", resize);
  m.impl("set_.source_Storage_storage_offset", set_source);
  m.impl("set_.source_Storage", set_storage);
  m.impl("_thnn_fused_lstm_cell", lstm_cell);
  m.impl("_thnn_fused_lstm_cell_backward_impl", lstm_cell_backward);
  m.impl("native_batch_norm", batch_norm);
  m.impl("convolution_overrideable", convolution);
  m.impl("convolution_backward_overrideable", convolution_backward);
}
