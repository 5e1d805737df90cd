// SPDX-License-Identifier: MIT
// Deletes that are wrong in themselves: twice, of what is no block, with another size or alignment.
#include <array>
#include <memory>
#include <new>
#include <string>

#include "case.hpp"

namespace {

struct Small {
  long value = 0;
};

struct Large : Small {
  long more[5] = {};
};

constexpr std::align_val_t aligned(std::size_t bytes) {
  return std::align_val_t{bytes};
}

}  // namespace

CASE(delete_twice) {
  long* one = new long(1);
  delete one;
  if (wrong) delete static_cast<long*>(hidden(one));
}

CASE(delete_array_twice) {
  char* many = new char[100];
  delete[] many;
  if (wrong) delete[] static_cast<char*>(hidden(many));
}

CASE(delete_by_two_owners) {
  const std::unique_ptr<int> first(new int(1));
  std::unique_ptr<int> second(first.get());
  if (!wrong) (void)second.release();
}

CASE(delete_by_shallow_copy) {
  struct Holder {
    int* numbers = nullptr;
    ~Holder() { delete[] numbers; }
  };
  Holder first;
  first.numbers = new int[6];
  Holder second;
  second.numbers = wrong ? first.numbers : new int[6];
}

CASE(delete_after_get) {
  const auto owner = std::make_unique<Large>();
  if (wrong) delete owner.get();
}

CASE(delete_stack) {
  Small local;
  if (wrong) ::operator delete(hidden(&local));
}

CASE(delete_element) {
  auto* many = new Small[4];
  ::operator delete[](hidden(wrong ? many + 2 : many));
  if (wrong) delete[] many;
}

CASE(delete_member_of_object) {
  auto* pair = new std::array<Small, 2>;
  ::operator delete(hidden(wrong ? &(*pair)[1] : static_cast<void*>(pair)));
  if (wrong) delete pair;
}

CASE(delete_array_with_count_as_one) {
  auto* many = new std::string[3];
  if (wrong)
    ::operator delete(hidden(many));
  else
    delete[] many;
}

CASE(delete_through_base) {
  Small* one = new Large;
  if (wrong)
    delete one;
  else
    delete static_cast<Large*>(one);
}

CASE(delete_with_smaller_size) {
  void* block = ::operator new(100);
  ::operator delete(block, hidden_number(wrong ? 50 : 100));
}

CASE(delete_with_larger_size) {
  void* block = ::operator new(16);
  ::operator delete(block, hidden_number(wrong ? 24 : 16));
}

CASE(delete_array_with_wrong_size) {
  void* block = ::operator new[](40);
  ::operator delete[](block, hidden_number(wrong ? 10 : 40));
}

CASE(deallocate_with_wrong_count) {
  std::allocator<int> allocator;
  int* many = allocator.allocate(12);
  allocator.deallocate(many, hidden_number(wrong ? 3 : 12));
}

CASE(delete_with_wrong_alignment) {
  void* block = ::operator new(256, aligned(128));
  ::operator delete(block, aligned(hidden_number(wrong ? 64 : 128)));
}

CASE(delete_array_with_wrong_alignment) {
  void* block = ::operator new[](64, aligned(32));
  ::operator delete[](block, aligned(hidden_number(wrong ? 64 : 32)));
}

CASE(delete_aligned_with_wrong_size) {
  void* block = ::operator new(192, aligned(64));
  ::operator delete(block, hidden_number(wrong ? 128 : 192), aligned(64));
}
