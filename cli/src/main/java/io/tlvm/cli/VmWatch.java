package io.tlvm.cli;

import com.google.rpc.Code;

import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.tlvm.cli.connect.Calls;
import io.tlvm.compute.v1.WatchVirtualMachinesRequest;
import io.tlvm.compute.v1.WatchVirtualMachinesResponse;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.type.v1.ErrorReason;

import java.time.Duration;

/**
 * Prints events of VMs. Goes on after the last one when the service was away; starts anew when the
 * history is gone.
 */
final class VmWatch {

    private static final Duration FIRST_DELAY = Duration.ofMillis(500);
    private static final int FRUITLESS_MAX = 10;

    private final Session session;
    private final boolean bookmarks;
    private String token = "";
    private int printed;
    private int fruitless;

    VmWatch(Session session, boolean bookmarks) {
        this.session = session;
        this.bookmarks = bookmarks;
    }

    /** Until {@code limit} events are printed, the service stays away, or Ctrl-C. */
    void follow(String from, int limit) {
        token = from;
        Duration delay = FIRST_DELAY;
        while (printed < limit) {
            try {
                stream(limit);
                fruitless++;
            } catch (StatusRuntimeException broken) {
                RefusalView refusal = RefusalView.of(broken);
                boolean expired =
                        refusal.reason() == ErrorReason.ERROR_REASON_WATCH_EXPIRED
                                && !token.isEmpty();
                boolean away = refusal.code() == Code.UNAVAILABLE && refusal.retryable();
                boolean slow = refusal.reason() == ErrorReason.ERROR_REASON_WATCHER_TOO_SLOW;
                fruitless++;
                if (!(expired || away || slow) || fruitless > FRUITLESS_MAX) {
                    throw Calls.problem(broken);
                }
                if (expired) {
                    session.progress()
                            .say(
                                    "the history before the resume token is gone; starting with"
                                            + " what is there");
                    token = "";
                }
            }
            if (printed < limit) {
                delay = fruitless <= 1 ? FIRST_DELAY : delay.multipliedBy(2);
                session.host().pause().rest(session.calls().jittered(delay));
            }
        }
    }

    private void stream(int limit) {
        Context.CancellableContext call = Context.current().withCancellation();
        try {
            call.run(
                    () -> {
                        var events =
                                session.services()
                                        .watch()
                                        .watchVirtualMachines(
                                                WatchVirtualMachinesRequest.newBuilder()
                                                        .setParent(session.names().parent())
                                                        .setResumeToken(token)
                                                        .build());
                        while (printed < limit && events.hasNext()) {
                            heard(events.next());
                        }
                    });
        } finally {
            call.cancel(null);
        }
    }

    private void heard(WatchVirtualMachinesResponse event) {
        fruitless = 0;
        if (!event.getResumeToken().isEmpty()) {
            token = event.getResumeToken();
        }
        if (bookmarks || event.getType() != WatchVirtualMachinesResponse.Type.TYPE_BOOKMARK) {
            session.printer().event(session.views().event(), event, printed == 0);
            printed++;
        }
    }
}
