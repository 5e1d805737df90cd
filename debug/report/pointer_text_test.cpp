// SPDX-License-Identifier: MIT
// The texts of faults of pointers, letter for letter.
#include <gtest/gtest.h>

#include "debug/report/golden.hpp"

namespace arenite {
namespace {

using namespace report_fixture;

const std::string kAddress = "0x7f0000001040";
const std::string kAtBegin = region(kAddress, "0 bytes inside of");

std::string expected(const std::string& sentence, const std::string& error,
                     const std::string& region_and_freed, const std::string& summary,
                     const std::string& block = kMallocBlock) {
  return "arenite: found by mode=debug: " + sentence + "\n" + kRule +
         "==4711==ERROR: AddressSanitizer: " + error + "\n" + kHere + region_and_freed +
         kAllocated + "SUMMARY: AddressSanitizer: " + summary + kCulprit + block + kAgain + kStop;
}

TEST(PointerText, OfADoubleFree) {
  Report report = report_on_block(Fault::double_free, kBlock);
  make_freed(report);
  EXPECT_EQ(text_of(report), expected("a freed block given back again, by free",
                                      "attempting double-free on " + kAddress + " in thread T0:",
                                      kAtBegin + kFreed, "double-free"));
}

TEST(PointerText, OfAFreeInsideABlock) {
  EXPECT_EQ(text_of(report_on_block(Fault::bad_free, kBlock + 3)),
            expected("a pointer given back at which no block begins, by free",
                     "attempting free on address which was not malloc()-ed: 0x7f0000001043 in "
                     "thread T0",
                     region("0x7f0000001043", "3 bytes inside of"), "bad-free"));
}

TEST(PointerText, OfAFreeOfWhatIsNotOurs) {
  Report report = report_on_block(Fault::bad_free, 0x1234);
  report.block = {};
  report.here.count = 0;
  EXPECT_EQ(text_of(report),
            "arenite: found by mode=debug: a pointer given back at which no block begins, by "
            "free\n" +
                kRule +
                "==4711==ERROR: AddressSanitizer: attempting free on address which was not "
                "malloc()-ed: 0x000000001234 in thread T0\n    <empty stack>\n\n"
                "SUMMARY: AddressSanitizer: bad-free\n" +
                kAgain);
}

TEST(PointerText, OfAnotherFamily) {
  Report report = report_on_block(Fault::alloc_dealloc_mismatch, kBlock);
  report.released_as = Family::new_array;
  report.operation = "operator delete[]";
  EXPECT_EQ(text_of(report),
            expected("a block given back to another family than it came from, by operator "
                     "delete[]",
                     "alloc-dealloc-mismatch (malloc vs operator delete []) on " + kAddress,
                     kAtBegin, "alloc-dealloc-mismatch"));
}

TEST(PointerText, OfAnotherSize) {
  Report report = report_on_block(Fault::new_delete_type_mismatch, kBlock);
  report.block.facts.family = Family::new_object;
  report.released_as = Family::new_object;
  report.released_bytes = 12;
  report.operation = "operator delete";
  EXPECT_EQ(text_of(report),
            expected("a block given back with another size or alignment than it has, by operator "
                     "delete",
                     "new-delete-type-mismatch on " + kAddress +
                         " in thread T0:\n  object passed to delete has wrong type:\n"
                         "  size of the allocated type:   10 bytes;\n"
                         "  size of the deallocated type: 12 bytes.",
                     kAtBegin, "new-delete-type-mismatch",
                     block_line("operator new, goes back to operator delete")));
}

TEST(PointerText, OfAnotherAlignment) {
  Report report = report_on_block(Fault::new_delete_type_mismatch, kBlock);
  report.block.facts.family = Family::new_aligned;
  report.allocated_alignment = 64;
  report.released_bytes = 10;
  EXPECT_EQ(text_of(report),
            expected("a block given back with another size or alignment than it has, by free",
                     "new-delete-type-mismatch on " + kAddress +
                         " in thread T0:\n  object passed to delete has wrong type:\n"
                         "  size of the allocated type:   10 bytes;\n"
                         "  size of the deallocated type: 10 bytes;\n"
                         "  alignment of the allocated type:   64 bytes;\n"
                         "  alignment of the deallocated type: default-aligned.",
                     kAtBegin, "new-delete-type-mismatch",
                     block_line("operator new (aligned), goes back to operator delete (aligned)")));
}

TEST(PointerText, OfAReallocOfAFreedBlock) {
  Report report = report_on_block(Fault::bad_realloc, kBlock);
  make_freed(report);
  report.operation = "realloc";
  EXPECT_EQ(text_of(report), expected("a freed block to be resized, by realloc",
                                      "attempting double-free on " + kAddress + " in thread T0:",
                                      kAtBegin + kFreed, "double-free"));
}

TEST(PointerText, OfAReallocInsideABlock) {
  Report report = report_on_block(Fault::bad_realloc, kBlock + 1);
  report.operation = "realloc";
  EXPECT_EQ(text_of(report),
            expected("a pointer to be resized at which no block begins, by realloc",
                     "attempting free on address which was not malloc()-ed: 0x7f0000001041 in "
                     "thread T0",
                     region("0x7f0000001041", "1 bytes inside of"), "bad-free"));
}

TEST(PointerText, OfTheUsableSizeOfAFreedBlock) {
  Report report = report_on_block(Fault::bad_usable_size, kBlock);
  make_freed(report);
  report.operation = "malloc_usable_size";
  EXPECT_EQ(text_of(report),
            expected("a size asked of what is no live block, by malloc_usable_size",
                     "attempting to call malloc_usable_size() for pointer which is not owned: " +
                         kAddress,
                     kAtBegin + kFreed, "bad-malloc_usable_size"));
}

TEST(PointerText, OfPythonWithoutItsLock) {
  Report report = report_on_block(Fault::use_of_unlocked_interpreter, kBlock);
  report.operation = "PyObject_Malloc";
  EXPECT_EQ(text_of(report),
            expected("Python's memory used without the interpreter's lock, by PyObject_Malloc",
                     "use-of-unlocked-interpreter on address " + kAddress +
                         " at pc 0x7d0000001235 bp 0x7fff00000010 sp 0x7fff00000000\n"
                         "CALL of PyObject_Malloc in thread T0",
                     kAtBegin, "use-of-unlocked-interpreter"));
}

TEST(PointerText, OfALeakedBlock) {
  Report report = report_on_block(Fault::memory_leak, kBlock);
  report.operation = "check at exit";
  EXPECT_EQ(text_of(report), expected("a block nothing refers to, by check at exit",
                                      "memory-leak on " + kAddress, kAtBegin, "memory-leak"));
}

}  // namespace
}  // namespace arenite
