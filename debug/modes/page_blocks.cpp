// SPDX-License-Identifier: MIT
#include "debug/modes/page_blocks.hpp"

#include "debug/modes/incident.hpp"
#include "debug/modes/layer.hpp"
#include "debug/modes/say.hpp"
#include "debug/report/names.hpp"

namespace arenite {
namespace {

Incident incident_at(Fault fault, Address bad, const BlockFacts& facts, const char* operation) {
  Incident incident;
  incident.fault = fault;
  incident.bad = bad;
  incident.block = facts;
  incident.operation = operation;
  return incident;
}

void report_slack(const BlockFacts& facts, const SlackDamage& damage, const char* operation) {
  const Fault fault =
      damage.at < facts.begin ? Fault::heap_buffer_underflow : Fault::heap_buffer_overflow;
  report_incident(incident_at(fault, damage.at, facts, operation));
}

void report_release(Fault fault, Address at, const BlockFacts& facts, const Death& death) {
  Incident incident = incident_at(fault, at, facts, releaser_name(death.family));
  incident.released_as = death.family;
  incident.said_size = death.size;
  incident.said_alignment = death.alignment == kUnsaid ? 0 : death.alignment;
  report_incident(incident);
}

void check_release(Address at, const BlockFacts& facts, const Death& death) {
  if (!belong_together(facts.family, death.family))
    return report_release(Fault::alloc_dealloc_mismatch, at, facts, death);
  const bool size_fits = death.size == kUnsaid || death.size == facts.size;
  const bool alignment_fits = death.alignment == kUnsaid || death.alignment == facts.alignment;
  if (!size_fits || !alignment_fits)
    report_release(Fault::new_delete_type_mismatch, at, facts, death);
}

struct Check {
  const char* name;
  Address only;  ///< the block that is meant, or 0
  std::size_t damaged;
};

/// So that the next check does not tell of it again.
void mend_slack(const BlockFacts& facts) {
  const Address end = facts.begin + facts.size;
  fill({facts.begin & ~(kPageBytes - 1), facts.begin}, kGuardByte);
  fill({end, (end + kPageBytes - 1) & ~(kPageBytes - 1)}, kGuardByte);
}

void check_pages(Check& check) {
  layer.pages.check(
      [](void* context, const BlockFacts& facts, const SlackDamage& damage) {
        auto& now = *static_cast<Check*>(context);
        if (now.only != 0 && now.only != facts.begin) return;
        ++now.damaged;
        report_slack(facts, damage, now.name);
        mend_slack(facts);
      },
      &check);
}

}  // namespace

void say_declined(Decline why) {
  if (layer.declined.exchange(true, std::memory_order_relaxed)) return;
  Text<256> line;
  line << "page mode: from here on some blocks get guard bytes instead of guard pages: "
       << text_of(why);
  say(line.c_str());
}

void free_on_pages(void* block, const Death& death, ThreadNumber thread, StackId stack) {
  const Address at = reinterpret_cast<Address>(block);
  BlockFacts facts;
  SlackDamage damage;
  switch (layer.pages.claim(at, facts, damage)) {
    case ClaimVerdict::freed_already:
      return report_release(Fault::double_free, at, facts, death);
    case ClaimVerdict::not_a_block:
      return report_release(Fault::bad_free, at, facts, death);
    case ClaimVerdict::damaged:
      report_slack(facts, damage, releaser_name(death.family));
      break;
    case ClaimVerdict::intact:
      break;
  }
  check_release(at, facts, death);
  layer.pages.free(at, stack, thread);
}

std::size_t check_page_blocks(const char* name) {
  Check check{name, 0, 0};
  check_pages(check);
  return check.damaged;
}

bool check_page_block(const char* name, Address at) {
  BlockFacts facts;
  if (!layer.pages.find(at, facts)) return true;
  Check check{name, facts.begin, 0};
  check_pages(check);
  return check.damaged == 0;
}

}  // namespace arenite
