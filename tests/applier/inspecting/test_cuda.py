"""Which files of a wheel are NVIDIA's."""

import pytest

from applier.inspecting.cuda import is_nvidia_file


@pytest.mark.parametrize(
    "path",
    [
        "nvidia/cublas/lib/libcublas.so.12",
        "nvidia/cuda_runtime/include/cuda.h",
        "torch/lib/libcusparseLt-294d6944.so.0",
        "torchvision.libs/libcudart.41118559.so.12",
        "torchvision.libs/libnvjpeg.02b6d700.so.12",
        "torch/lib/cudart64_12.dll",
        "torch/lib/cublasLt64_12.dll",
        "torch/lib/cudnn_engines_precompiled64_9.dll",
        "torch/lib/nvrtc-builtins64_124.dll",
        "torch/lib/nvJitLink_120_0.dll",
        "torch/lib/nvToolsExt64_1.dll",
        "torch/lib/cupti64_2024.1.1.dll",
        "triton/backends/nvidia/bin/ptxas",
        "triton/backends/nvidia/bin/ptxas-blackwell",
        "triton/backends/nvidia/lib/libdevice.10.bc",
        "triton/backends/nvidia/lib/cupti/libcupti.so.12",
    ],
)
def test_nvidias_files_are_known(path: str) -> None:
    """Linux and Windows names, with and without the hash that a repaired wheel adds."""
    assert is_nvidia_file(path)


@pytest.mark.parametrize(
    "path",
    [
        "torch/lib/libcaffe2_nvrtc.so",
        "torch/lib/libtorch_cuda.so",
        "torch/lib/caffe2_nvrtc.dll",
        "torch/cuda/nccl.py",
        "torch/backends/cudnn/__init__.py",
        "torch/share/cmake/Caffe2/FindCUSPARSELT.cmake",
        "torch/include/torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp",
        "bitsandbytes/libbitsandbytes_cuda124.so",
        "triton/backends/nvidia/driver.py",
        "pynvml.py",
    ],
)
def test_what_only_speaks_to_them_is_not(path: str) -> None:
    """Sources, headers of others, and libraries built against CUDA."""
    assert not is_nvidia_file(path)
