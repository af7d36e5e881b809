package io.tlvm.vm.world;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.type.v1.ErrorReason;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** How the calls of one agent end: as they should, later, or as a test wants it. */
final class ScriptedCalls {
    final Map<String, Integer> counts = new ConcurrentHashMap<>();

    private final Map<String, Script> scripts = new ConcurrentHashMap<>();
    private final Map<String, CountDownLatch> holds = new ConcurrentHashMap<>();
    private final Map<String, CountDownLatch> arrivals = new ConcurrentHashMap<>();

    /** The next call of this RPC does something else. */
    void script(String rpc, Script script) {
        scripts.put(rpc, script);
    }

    /** Calls of this RPC wait before they do anything, until released. */
    void hold(String rpc) {
        holds.put(rpc, new CountDownLatch(1));
        arrivals.put(rpc, new CountDownLatch(1));
    }

    void awaitHeld(String rpc) throws InterruptedException {
        if (!arrivals.get(rpc).await(20, TimeUnit.SECONDS)) {
            throw new AssertionError("nobody called " + rpc);
        }
    }

    void release(String rpc) {
        holds.remove(rpc).countDown();
    }

    void releaseAll() {
        holds.values().forEach(CountDownLatch::countDown);
    }

    <T> void serve(String rpc, StreamObserver<T> answer, Supplier<T> work) {
        counts.merge(rpc, 1, Integer::sum);
        try {
            CountDownLatch hold = holds.get(rpc);
            if (hold != null) {
                arrivals.get(rpc).countDown();
                hold.await();
            }
            Script script = scripts.remove(rpc);
            if (script instanceof Script.Fail(var reason)) {
                answer.onError(refusal(reason));
                return;
            }
            T item = work.get();
            if (script instanceof Script.LoseAnswer) {
                answer.onError(
                        io.grpc.Status.UNAVAILABLE
                                .withDescription("the answer was lost")
                                .asRuntimeException());
                return;
            }
            answer.onNext(item);
            answer.onCompleted();
        } catch (StatusRuntimeException refused) {
            answer.onError(refused);
        } catch (InterruptedException killed) {
            Thread.currentThread().interrupt();
            answer.onError(io.grpc.Status.UNAVAILABLE.asRuntimeException());
        }
    }

    static StatusRuntimeException refusal(ErrorReason reason) {
        return Refusal.of(reason, ErrorDomain.NODE)
                .what("the test agent says %s", reason)
                .asException();
    }
}
