/* A target with a fault in it, which the tests expect the fuzzer to find: proof that a fault in
 * another is seen.
 *
 * Input that opens with "BAD" reads one byte past its end.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t sink;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size >= 3 && memcmp(data, "BAD", 3) == 0)
        sink = data[size];
    return 0;
}
