package io.tlvm.agent.machine;

import com.google.protobuf.ByteString;

import io.tlvm.agent.keys.KeyWrap;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.StateRef;

import java.time.Duration;
import java.util.List;

/** What became of a command that was obeyed. */
public sealed interface Answer {

    /**
     * The guest state is made and sealed.
     *
     * @param ekCertificate empty without a vTPM
     * @param wraps of the directory's state key, for recovery keys
     */
    record Created(StateRef directory, ByteString ekCertificate, List<KeyWrap> wraps)
            implements Answer {}

    /**
     * The guest state of a lost owner is stored and sealed in the attempt's directory.
     *
     * @param digest that both directories have in common
     */
    record Stored(Digest digest, List<KeyWrap> wraps) implements Answer {}

    /**
     * The guest runs under the claimed epoch.
     *
     * @param pause vCPUs stopped, as QEMU counts it; zero where it is not known
     * @param adopt from {@code completed} seen to {@code cont} answered; zero unless adopted
     */
    record Activated(Duration pause, Duration adopt) implements Answer {}

    /** The claim of the epoch is used up. */
    record Exited(String reason) implements Answer {}

    /** There was no QEMU to resume. */
    record Gone() implements Answer {}

    /** The attempt will never be adopted here. */
    record NotClaimed() implements Answer {}

    /** The guest state is not what was sealed; nothing was started, or taken over. */
    record StateRefused(String evidence) implements Answer {}

    /** The power button was pressed and the guest has not ended yet. */
    record Stopping() implements Answer {}

    /** The target's directory and one-operation key (32 bytes, X25519). */
    record Prepared(StateRef directory, ByteString hpkeKey) implements Answer {}

    /** The source stands at the pause before the switch-over. */
    record AtPreSwitchover() implements Answer {}

    /** The irrevocable promise. */
    record Released(Digest digest, Duration preSwitchover, Duration qemuDowntime)
            implements Answer {}

    /** Everything is loaded, synced and sealed at the target. */
    record Loaded(Digest digest, List<KeyWrap> wraps) implements Answer {}

    /** Done; there is nothing to say about it. */
    record Done() implements Answer {}
}
