// SPDX-License-Identifier: MIT
// The program that is running, as a `.hop` file: if the process dies of it, the file is what there
// is to replay. Written with one call to the system, whose pages outlive the process. The file goes
// away with the object.
#pragma once

#include <string>

#include "proptests/model/program.hpp"

namespace arenite::properties {

class CrashFile {
 public:
  /// The file `name`.crash.hop in the folder of counterexamples.
  explicit CrashFile(const std::string& name);
  ~CrashFile();
  CrashFile(const CrashFile&) = delete;
  CrashFile& operator=(const CrashFile&) = delete;

  /// Throws if it cannot be written: a test that would lose its counterexample does not run.
  void write(const model::Program& program);
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int file_;
};

/// Where counterexamples go: $ARENITE_COUNTEREXAMPLES or ./counterexamples, which is made.
std::string counterexample_folder();

}  // namespace arenite::properties
