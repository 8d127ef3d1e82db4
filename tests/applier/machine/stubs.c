/* Stand-ins for NVIDIA's two libraries, so that what pynvml and ctypes really do can be tried without a GPU.
   STUB_ERROR: what the library's start answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int start(void) {
    const char *error = getenv("STUB_ERROR");
    return error ? atoi(error) : 0;
}

#ifdef NVML
struct memory { unsigned long long total, free, used; };

const char *nvmlErrorString(int code) { (void)code; return "stub error"; }
int nvmlInitWithFlags(unsigned flags) { (void)flags; return start(); }
int nvmlShutdown(void) { return 0; }
int nvmlSystemGetDriverVersion(char *text, unsigned length) { snprintf(text, length, "550.54.15"); return 0; }
int nvmlSystemGetCudaDriverVersion_v2(int *version) { *version = 12040; return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 2; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle) { *handle = (void *)(long)(index + 1); return 0; }
int nvmlDeviceGetName(void *handle, char *text, unsigned length) {
    snprintf(text, length, handle == (void *)1 ? "NVIDIA GeForce RTX 4090" : "NVIDIA GeForce GTX 1080");
    return 0;
}
int nvmlDeviceGetCudaComputeCapability(void *handle, int *major, int *minor) {
    *major = handle == (void *)1 ? 8 : 6;
    *minor = handle == (void *)1 ? 9 : 1;
    return 0;
}
int nvmlDeviceGetMemoryInfo(void *handle, struct memory *memory) {
    memset(memory, 0, sizeof *memory);
    memory->total = handle == (void *)1 ? 24ULL << 30 : 8ULL << 30;
    return 0;
}
#endif

#ifdef CUDA
int cuDriverGetVersion(int *version) { *version = 12040; return 0; }
int cuInit(unsigned flags) { (void)flags; return start(); }
int cuDeviceGetCount(int *count) { *count = 1; return 0; }
int cuDeviceGet(int *device, int index) { *device = index; return 0; }
int cuDeviceGetName(char *text, int length, int device) { (void)device; snprintf(text, length, "Orin"); return 0; }
int cuDeviceTotalMem_v2(size_t *size, int device) { (void)device; *size = 30UL << 30; return 0; }
int cuDeviceGetAttribute(int *value, int attribute, int device) {
    (void)device;
    *value = attribute == 75 ? 8 : attribute == 76 ? 7 : -1;
    return 0;
}
#endif
