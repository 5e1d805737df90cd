// SPDX-License-Identifier: MIT
#include <sys/socket.h>
#include <sys/uio.h>

#include <cstdio>

#include "debug/ranges/text.hpp"
#include "debug/ranges/wrappers.hpp"

namespace arenite {
namespace {

using Size = std::size_t;
using Signed = ssize_t;
using File = std::FILE;

/// What a call is given to write is read as a whole; of vectors, their array, too.
template <Size kVectors, Size kCount>
struct ReadsVectors {
  static void before(const char* function, const auto&... arguments) {
    check(function, pick<kVectors>(arguments...), pick<kCount>(arguments...));
  }

  static void check(const char* function, const iovec* vectors, auto count) {
    if (count <= 0 || vectors == nullptr) return;
    const auto number = static_cast<Size>(count);
    if (!check_range(function, Access::read, reinterpret_cast<Address>(vectors),
                     saturating_product(number, sizeof(iovec))))
      return;
    for (Size i = 0; i < std::min(number, kMostVectors); ++i)
      check_range(function, Access::read, reinterpret_cast<Address>(vectors[i].iov_base),
                  vectors[i].iov_len);
  }

  /// More are refused by the kernel.
  static constexpr Size kMostVectors = 1024;
};

/// What was read lies in the vectors, one after the other.
template <Size kVectors>
struct FillsVectors : After {
  static void after(const char* function, Signed result, const auto&... arguments) {
    const iovec* vector = pick<kVectors>(arguments...);
    for (Size left = result > 0 ? static_cast<Size>(result) : 0; left > 0; ++vector) {
      const Size here = std::min(left, vector->iov_len);
      check_range(function, Access::write, reinterpret_cast<Address>(vector->iov_base), here);
      left -= here;
    }
  }
};

struct SendsMessage {
  static void before(const char* function, int, const msghdr* message, int) {
    if (!check_range(function, Access::read, reinterpret_cast<Address>(message), sizeof(msghdr)) ||
        message == nullptr)
      return;
    ReadsVectors<0, 0>::check(function, message->msg_iov, message->msg_iovlen);
  }
};

/// getline: the text lies where the argument points to, and ends in a zero.
struct FillsLine : After {
  static void after(const char* function, Signed result, char* const* line, auto&&...) {
    if (result >= 0)
      check_range(function, Access::write, reinterpret_cast<Address>(*line),
                  static_cast<Size>(result) + 1);
  }
};

/// gethostname: as much of the name as there is room for.
struct FillsName : After {
  static void after(const char* function, int result, char* name, Size bytes, auto&&...) {
    if (result != 0 || !in_heaps(reinterpret_cast<Address>(name))) return;
    const Size length = Chars<char>::length(name, bytes);
    check_range(function, Access::write, reinterpret_cast<Address>(name),
                std::min(length + 1, bytes));
  }
};

template <Name kName, class... More>
using Read = Wrap<kName, Signed(int, void*, Size, More...), FillsOrFaults<1, 2>>;
template <Name kName, class... More>
using Write = Wrap<kName, Signed(int, const void*, Size, More...), Reads<1, Count<2>>>;
template <Name kName, class... More>
using ReadAll = Wrap<kName, Signed(int, const iovec*, int, More...), FillsVectors<1>>;
template <Name kName, class... More>
using WriteAll = Wrap<kName, Signed(int, const iovec*, int, More...), ReadsVectors<1, 2>>;
template <Name kName>
using FileRead = Wrap<kName, Size(void*, Size, Size, File*), FillsItems<0, 1>>;
template <Name kName>
using FileReadChecked = Wrap<kName, Size(void*, Size, Size, Size, File*), FillsItems<0, 2>>;
template <Name kName>
using FileWrite = Wrap<kName, Size(const void*, Size, Size, File*), Reads<0, Product<1, 2>>>;
template <Name kName, class Char>
using GetLine = Wrap<kName, Char*(Char*, int, File*), FillsText<0>>;
template <Name kName, class Char>
using GetLineChecked = Wrap<kName, Char*(Char*, Size, int, File*), FillsText<0>>;
template <Name kName, class Char>
using PutText = Wrap<kName, int(const Char*, File*), Text<0>>;

/// A datagram's length may be told though it was cut to the room there was.
/// What the message had may be more than there was room for.
struct Received : After {
  static void after(const char* function, auto result, const auto&... arguments) {
    FillsUpTo<1, 2, 1, 0>::after(function, result, arguments...);
    if (static_cast<std::ptrdiff_t>(result) < 0)
      FillsOrFaults<1, 2>::after(function, result, arguments...);
  }
};

using Offset = off_t;
using Length = socklen_t;

using Functions =
    Wraps<Read<"read">, Read<"__read_chk", Size>, Read<"pread", Offset>, Read<"pread64", Offset>,
          Read<"__pread_chk", Offset, Size>, Read<"__pread64_chk", Offset, Size>, Write<"write">,
          Write<"pwrite", Offset>, Write<"pwrite64", Offset>, ReadAll<"readv">,
          ReadAll<"preadv", Offset>, ReadAll<"preadv64", Offset>, WriteAll<"writev">,
          WriteAll<"pwritev", Offset>, WriteAll<"pwritev64", Offset>, Write<"send", int>,
          Write<"sendto", int, const sockaddr*, Length>,
          Wrap<"sendmsg", Signed(int, const msghdr*, int), SendsMessage>,
          Wrap<"recv", Signed(int, void*, Size, int), Received>,
          Wrap<"__recv_chk", Signed(int, void*, Size, Size, int), Received>,
          Wrap<"recvfrom", Signed(int, void*, Size, int, sockaddr*, Length*), Received>,
          Wrap<"__recvfrom_chk", Signed(int, void*, Size, Size, int, sockaddr*, Length*), Received>,
          FileRead<"fread">, FileRead<"fread_unlocked">, FileReadChecked<"__fread_chk">,
          FileReadChecked<"__fread_unlocked_chk">, FileWrite<"fwrite">,
          FileWrite<"fwrite_unlocked">, GetLine<"fgets", char>, GetLine<"fgets_unlocked", char>,
          GetLineChecked<"__fgets_chk", char>, GetLineChecked<"__fgets_unlocked_chk", char>,
          GetLine<"fgetws", wchar_t>, GetLine<"fgetws_unlocked", wchar_t>,
          GetLineChecked<"__fgetws_chk", wchar_t>, GetLineChecked<"__fgetws_unlocked_chk", wchar_t>,
          PutText<"fputs", char>, PutText<"fputs_unlocked", char>, PutText<"fputws", wchar_t>,
          PutText<"fputws_unlocked", wchar_t>, Wrap<"puts", int(const char*), Text<0>>,
          Wrap<"getline", Signed(char**, Size*, File*), FillsLine>,
          Wrap<"getdelim", Signed(char**, Size*, int, File*), FillsLine>,
          Wrap<"__getdelim", Signed(char**, Size*, int, File*), FillsLine>,
          Wrap<"getcwd", char*(char*, Size), FillsText<0>>,
          Wrap<"__getcwd_chk", char*(char*, Size, Size), FillsText<0>>,
          Wrap<"readlink", Signed(const char*, char*, Size), Text<0>, Fills<1>>,
          Wrap<"__readlink_chk", Signed(const char*, char*, Size, Size), Text<0>, Fills<1>>,
          Wrap<"readlinkat", Signed(int, const char*, char*, Size), Text<1>, Fills<2>>,
          Wrap<"__readlinkat_chk", Signed(int, const char*, char*, Size, Size), Text<1>, Fills<2>>,
          Wrap<"gethostname", int(char*, Size), FillsName>,
          Wrap<"__gethostname_chk", int(char*, Size, Size), FillsName>>;

}  // namespace

bool add_input_output_functions(Redirector& redirector) {
  return Functions::add(redirector);
}

}  // namespace arenite
