"""NVIDIA's files, known by their paths in a wheel: libraries of CUDA and what is built on it, and its tools. Pure."""

import re

# Source: Attachment A of the CUDA Toolkit's licence, cuDNN's and NCCL's file names, and what torch, torchvision and
# triton wheels hold; delvewheel and auditwheel add a hash to names: libcudart.41118559.so.12.
_LIBRARY = re.compile(
    r"(lib)?(cudart|cudadevrt|cublas|cudnn|cufft|cufile|cupti|curand|cusolver|cusparse|nccl|nvblas|nvfatbin|nvjitlink|"
    r"nvjpeg|nvperf|nvrtc|nvshmem|nvtoolsext|nvtx|npp[a-z]*)[\w.+-]*\.(so(\.[\d.]+)?|dll|a|lib)",
    re.IGNORECASE,
)
_TOOL = re.compile(r"(cuobjdump|fatbinary|nvdisasm|nvlink|ptxas)(-\w+)?(\.exe)?|libdevice\.\d+\.bc", re.IGNORECASE)
_FAMILY_FOLDER = "nvidia/"
"""Where all nvidia-* wheels put everything."""


def is_nvidia_file(path: str) -> bool:
    """Say whether the file at that path of a wheel is NVIDIA's."""
    name = path.rpartition("/")[2]
    return path.startswith(_FAMILY_FOLDER) or bool(_LIBRARY.fullmatch(name) or _TOOL.fullmatch(name))
