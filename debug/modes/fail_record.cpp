// SPDX-License-Identifier: MIT
#include "debug/modes/fail_record.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "base/text.hpp"
#include "debug/modes/layer.hpp"

namespace arenite {

void record_failure(std::uint64_t serial, std::size_t size) {
  if (layer.options.fail_record[0] == '\0') return;
  const int file =
      ::open(layer.options.fail_record, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) return;
  Text<96> line;
  line << "serial " << serial << " size " << std::uint64_t{size} << "\n";
  [[maybe_unused]] const ssize_t written = ::write(file, line.data(), line.size());
  ::close(file);
}

}  // namespace arenite
