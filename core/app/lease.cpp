// SPDX-License-Identifier: Apache-2.0
// ack, heartbeat, release, send: what a session says about the work it holds.
#include "app/flow.hpp"
#include "app/verbs.hpp"

namespace striatum::app {
namespace {

struct Delivery {
  Message message;
  Job job;
  Lease lease;
};

/// A message, its job, and the lease that must cover it.
Delivery held_delivery(store::WriteUnit& unit, const Held& held, const MessageId& message) {
  Delivery out;
  out.message = store::get_message(unit.db(), message);
  if (!out.message.job) {
    refuse(Code::not_found, "message " + quote(message.str()) + " carries no work: it names no job",
           {"use the message_id that `claim-next` gave"});
  }
  out.job = store::get_job(unit.db(), *out.message.job);
  out.lease = held_lease(unit, held.lease, held.session, out.job.id);
  return out;
}

Event work_event(std::string type, const Delivery& delivery) {
  Event event{std::move(type), delivery.job.run};
  event.session = delivery.lease.owner;
  event.job = delivery.job.id;
  event.message = delivery.message.id;
  event.lease = delivery.lease.id;
  return event;
}

}  // namespace

Json ack(Context& ctx, const Held& held, const MessageId& message) {
  return write(ctx, [&](store::WriteUnit& unit) -> Json {
    const Delivery delivery = held_delivery(unit, held, message);
    const Json reply{{"status", "acked"}, {"job_id", delivery.job.id.str()}};
    if (delivery.message.state == MessageState::acked) return reply;
    if (delivery.message.state != MessageState::claimed) {
      refuse(Code::transition, "message " + quote(message.str()) + " is " +
                                   std::string(to_text(delivery.message.state)) + ", only a claimed one is acked",
             {"see where the work stands with `why MESSAGE_ID`"});
    }
    store::ack_message(unit.db(), message, unit.now());
    store::start_job(unit.db(), delivery.job.id, unit.now());
    unit.event(work_event("queue.acked", delivery));
    return reply;
  });
}

Json heartbeat(Context& ctx, const Held& held, Seconds extend) {
  return write(ctx, [&](store::WriteUnit& unit) -> Json {
    const Lease lease = held_lease(unit, held.lease, held.session);
    const Instant until = unit.now() + extend;
    store::renew_lease(unit.db(), lease.id, until, extend, unit.now());
    store::touch_session(unit.db(), held.session, unit.now());
    Event event{"lease.heartbeat", lease.run};
    event.session = held.session;
    event.job = lease.job;
    event.lease = lease.id;
    event.payload = {{"expires_at", to_text(until)}};
    unit.event(event);
    return {{"status", "heartbeat"}, {"expires_at", to_text(until)}};
  });
}

Json release(Context& ctx, const Held& held, const MessageId& message, const std::string& reason, Requeue requeue) {
  return write(ctx, [&](store::WriteUnit& unit) -> Json {
    const Delivery delivery = held_delivery(unit, held, message);
    const bool back = requeue == Requeue::yes && !delivery.job.is_repo_write();
    const JobState state = back ? JobState::queued : JobState::blocked;
    store::end_lease(unit.db(), delivery.lease.id, LeaseState::released, reason, unit.now());
    store::requeue_job(unit.db(), delivery.job.id, state);
    store::release_message(unit.db(), message, back ? MessageState::pending : MessageState::blocked, unit.now());
    Event event = work_event("lease.released", delivery);
    event.payload = {{"reason", reason}, {"job_state", to_text(state)}};
    unit.event(event);
    return {{"status", "released"}, {"job_state", to_text(state)}};
  });
}

Json send(Context& ctx, const SessionId& session_id, const std::string& kind, const std::string& body) {
  return write(ctx, [&](store::WriteUnit& unit) -> Json {
    const Session session = store::get_session(unit.db(), session_id);
    const auto parsed = parse_ordered_json(body);
    if (!parsed || !parsed->is_object()) {
      refuse(Code::transition, "the message body must be one JSON object", {"for example --body-json '{\"text\":\"…\"}'"});
    }
    const MessageId message(unit.new_id("msg"));
    const nlohmann::ordered_json payload{{"kind", kind}, {"body", *parsed}};
    store::insert_note(unit.db(), message, session.run, to_spaced_ascii(payload), unit.now());
    Event event{"message.sent", session.run};
    event.session = session_id;
    event.message = message;
    event.payload = {{"kind", kind}};
    unit.event(event);
    return {{"message_id", message.str()}};
  });
}

}  // namespace striatum::app
