// SPDX-License-Identifier: MIT
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "debug/cli/program_commands.hpp"
#include "debug/memory/cannot_tell.hpp"
#include "debug/memory/whole_file.hpp"
#include "debug/target/exit_code.hpp"
#include "proptests/model/any_form.hpp"
#include "proptests/model/cxx.hpp"
#include "proptests/model/text.hpp"

namespace arenite::cli {
namespace {

std::string in_form(const model::Program& program, ProgramForm form) {
  switch (form) {
    case ProgramForm::text:
      return model::to_text(program);
    case ProgramForm::cpp:
      return model::to_cxx(program, "replayed");
    case ProgramForm::hop:
      break;
  }
  const std::vector<std::uint8_t> bytes = model::pack(program);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

model::Program load_program(const std::string& file) {
  model::Loaded loaded = model::load_any(file);
  if (!loaded.error.empty()) throw CannotTell(file + ": " + loaded.error);
  return std::move(loaded.program);
}

void write_program(const model::Program& program, ProgramForm form, const std::string& file) {
  const std::string bytes = in_form(program, form);
  if (!file.empty()) return write_whole_file(file, bytes);
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size() ||
      std::fflush(stdout) != 0)
    throw CannotTell(std::string("stdout cannot be written: ") + std::strerror(errno));
}

int show(const ProgramRequest& request) {
  write_program(load_program(request.file), request.form, request.output);
  return kClean;
}

}  // namespace arenite::cli
