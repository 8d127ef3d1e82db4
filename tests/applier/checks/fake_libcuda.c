/* Stands in for the CUDA driver: keeps its rules about order and contexts, and runs the one kernel from its PTX.
 *
 * FAKE_DEVICES  how many devices there are (1)
 * FAKE_FAIL     "cuMemAlloc_v2:2": that function answers that status
 * FAKE_WRONG    the kernel gets its last word wrong
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int initialised, context, loaded;
static unsigned factor, offset;
static unsigned *memory;
static size_t size;

static int status_of(const char *name)
{
    const char *wanted = getenv("FAKE_FAIL");
    size_t length = strlen(name);
    return wanted && !strncmp(wanted, name, length) && wanted[length] == ':' ? atoi(wanted + length + 1) : 0;
}
#define ENTER(ready) do { int status = status_of(__func__); if (status) return status; if (!(ready)) return 3; } while (0)

int cuInit(unsigned flags) { ENTER(flags == 0); initialised = 1; return 0; }
int cuDeviceGetCount(int *count)
{
    const char *devices = getenv("FAKE_DEVICES");
    ENTER(initialised);
    *count = devices ? atoi(devices) : 1;
    return 0;
}
int cuDeviceGet(int *device, int ordinal) { ENTER(initialised); *device = 40 + ordinal; return 0; }
int cuDeviceGetName(char *name, int length, int device)
{
    ENTER(device >= 40);
    snprintf(name, length, "Fake %d", device - 40);
    return 0;
}
int cuDeviceGetAttribute(int *value, int attribute, int device)
{
    ENTER(device >= 40);
    *value = attribute == 75 ? 8 : attribute == 76 ? 6 : -1;
    return 0;
}
int cuDevicePrimaryCtxRetain(void **handle, int device) { ENTER(device >= 40); *handle = &context; return 0; }
int cuCtxSetCurrent(void *handle) { ENTER(handle == &context); context = 1; return 0; }
int cuMemAlloc_v2(uint64_t *address, size_t bytes)
{
    ENTER(context);
    memory = calloc(1, size = bytes);
    *address = (uint64_t)(uintptr_t)memory;
    return 0;
}
int cuModuleLoadData(void **module, const char *ptx)
{
    const char *last = ptx;
    ENTER(context && strstr(ptx, ".version ") == ptx && strstr(ptx, ".target sm_50\n"));
    for (const char *next = ptx; (next = strstr(next, "mad.lo.u32")); next++) last = next;
    if (sscanf(last, "mad.lo.u32 %*[^,], %*[^,], %u, %u;", &factor, &offset) != 2) return 218;
    *module = &loaded;
    return 0;
}
int cuModuleGetFunction(void **function, void *module, const char *name)
{
    ENTER(module == &loaded);
    if (strcmp(name, "venvault_fill")) return 500;
    *function = &factor;
    return 0;
}
int cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                   unsigned shared, void *stream, void **arguments, void **extra)
{
    ENTER(function == &factor && gy * gz * by * bz == 1 && !shared && !stream && !extra);
    unsigned *out = (unsigned *)(uintptr_t)*(uint64_t *)arguments[0];
    if (out != memory || (size_t)gx * bx * 4 != size) return 700;
    for (unsigned place = 0; place < gx * bx; place++) out[place] = place * factor + offset;
    if (getenv("FAKE_WRONG")) out[gx * bx - 1] ^= 1;
    return 0;
}
int cuCtxSynchronize(void) { ENTER(context); return 0; }
int cuMemcpyDtoH_v2(void *host, uint64_t address, size_t bytes)
{
    ENTER(context && address == (uint64_t)(uintptr_t)memory && bytes == size);
    memcpy(host, memory, bytes);
    return 0;
}
int cuMemFree_v2(uint64_t address) { ENTER(address == (uint64_t)(uintptr_t)memory); free(memory); memory = 0; return 0; }
int cuGetErrorName(int status, const char **name)
{
    *name = status == 2 ? "CUDA_ERROR_OUT_OF_MEMORY" : status == 100 ? "CUDA_ERROR_NO_DEVICE" : 0;
    return *name ? 0 : 1;
}
