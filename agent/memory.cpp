// SPDX-License-Identifier: Apache-2.0
#include "agent/memory.hpp"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace cattle::agent {
namespace {

/// Only segments that can't be written: their pages are the file's, so nothing is lost.
int drop_read_only_segments(dl_phdr_info* object, std::size_t, void*) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (std::size_t index = 0; index < object->dlpi_phnum; ++index) {
    const auto& segment = object->dlpi_phdr[index];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const auto begin = (object->dlpi_addr + segment.p_vaddr + page - 1) / page * page;
    const auto end = (object->dlpi_addr + segment.p_vaddr + segment.p_memsz) / page * page;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader tells addresses as numbers.
    if (end > begin) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void prefer_little_memory() {
  constexpr int kArenas = 2;  // Each costs memory that idle threads never use.
  constexpr int kTrimAt = 128 * 1024;
  constexpr int kMapFrom =
      128 * 1024;  // Fixed, else glibc raises it with the largest document that it has seen.
  ::mallopt(M_ARENA_MAX, kArenas);
  ::mallopt(M_TRIM_THRESHOLD, kTrimAt);
  ::mallopt(M_MMAP_THRESHOLD, kMapFrom);
}

MemoryReturn::MemoryReturn()
    : MemoryReturn(
          Ways{[] { ::malloc_trim(0); }, [] { ::dl_iterate_phdr(&drop_read_only_segments, nullptr); }}) {}

void MemoryReturn::rested(std::size_t events) {
  if (events >= kBurst) {
    const std::lock_guard lock(mutex_);
    last_burst_ = std::chrono::steady_clock::now();
  }
  ways_.heap();
}

void MemoryReturn::tick() {
  ways_.heap();
  {
    const std::lock_guard lock(mutex_);
    if (last_burst_ && std::chrono::steady_clock::now() - *last_burst_ < ways_.keep) return;
  }
  ways_.code();
}

}  // namespace cattle::agent
