package io.tlvm.agent.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;

class FrameReceiverTest {
    private final AtomicInteger asked = new AtomicInteger(FrameReceiver.WINDOW);
    private final FrameReceiver<Long> receiver =
            new FrameReceiver<>(asked::addAndGet, Long::longValue);

    @Test
    void a_sender_never_has_to_wait_while_the_reader_keeps_up() throws Exception {
        for (long sent = 0; sent < 1000; sent++) {
            assertThat(asked.get()).isGreaterThan((int) sent);
            receiver.frame(sent);
            assertThat(receiver.next()).contains(sent);
        }
    }

    @Test
    void what_a_reader_does_not_take_is_not_asked_for() {
        for (long sent = 0; sent < FrameReceiver.WINDOW; sent++) {
            receiver.frame(sent);
        }

        assertThat(asked.get()).isEqualTo(FrameReceiver.WINDOW);
    }

    @Test
    void a_frame_that_is_missing_ends_the_stream() throws Exception {
        receiver.frame(0L);
        receiver.frame(2L);

        assertThat(receiver.next()).contains(0L);
        assertThatThrownBy(receiver::next)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("frame 2 came in place of frame 1");
    }

    @Test
    void frames_that_came_before_the_end_are_read_before_it() throws Exception {
        receiver.frame(0L);
        receiver.completed();

        assertThat(receiver.next()).contains(0L);
        assertThat(receiver.next()).isEmpty();
        assertThat(receiver.next()).isEmpty();
    }
}
