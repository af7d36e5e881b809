package io.tlvm.vm.postgres;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;

import io.smallrye.mutiny.Uni;
import io.tlvm.compute.v1.AuditRecord;
import io.tlvm.foundation.audit.ChainHash;
import io.tlvm.foundation.postgres.Database;
import io.tlvm.type.v1.SignedStatement;
import io.tlvm.vm.audit.AuditChain;

import jakarta.inject.Singleton;

import org.hibernate.reactive.mutiny.Mutiny;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** The audit chain in PostgreSQL. Bytes come as hexadecimal text, times as microseconds. */
@Singleton
class PostgresAuditChain implements AuditChain {
    private static final String LINK =
            """
            insert into audit_record (sequence, vm_uid, time, record, hash)
            values (:sequence, cast(:vm as uuid), to_timestamp(cast(:micros as numeric) / 1000000), :record, :hash)
            """;

    private final Database database;

    PostgresAuditChain(Database database) {
        this.database = database;
    }

    @Override
    public int chain(int max) {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "select exists (select 1 from audit_pending)",
                                        Boolean.class)
                                .getSingleResult()
                                .chain(
                                        some ->
                                                some
                                                        ? locked(session)
                                                                .chain(
                                                                        head ->
                                                                                link(
                                                                                        session,
                                                                                        head, max))
                                                        : Uni.createFrom().item(0)));
    }

    /** The last link. */
    private record Link(long sequence, ByteString hash) {}

    /** One appender at a time; the others wait here and then read what is left. */
    private static Uni<Link> locked(Mutiny.Session session) {
        return session.createNativeQuery(
                        "select sequence, encode(hash, 'hex') from audit_head for update",
                        Object[].class)
                .getSingleResult()
                .map(row -> new Link(number(row[0]), bytes(row[1])));
    }

    private static Uni<Integer> link(Mutiny.Session session, Link head, int max) {
        return session.createNativeQuery(
                        "select id, actor, cast(extract(epoch from time) * 1000000 as bigint),"
                                + " encode(content, 'hex') from audit_pending order by id limit"
                                + " :max",
                        Object[].class)
                .setParameter("max", max)
                .getResultList()
                .chain(
                        notes -> {
                            if (notes.isEmpty()) {
                                return Uni.createFrom().item(0);
                            }
                            Uni<Link> end = Uni.createFrom().item(head);
                            for (Object[] note : notes) {
                                end = end.chain(last -> append(session, last, note));
                            }
                            List<Long> done = notes.stream().map(note -> number(note[0])).toList();
                            return end.chain(last -> advance(session, last))
                                    .chain(
                                            () ->
                                                    session.createNativeQuery(
                                                                    "delete from audit_pending"
                                                                        + " where id in (:done)")
                                                            .setParameter("done", done)
                                                            .executeUpdate());
                        });
    }

    private static Uni<Link> append(Mutiny.Session session, Link last, Object[] note) {
        AuditRecord.Builder content;
        try {
            content = AuditRecord.parseFrom(bytes(note[3])).toBuilder();
        } catch (InvalidProtocolBufferException damaged) {
            throw new IllegalStateException("note " + note[0] + " is no audit record", damaged);
        }
        long sequence = last.sequence() + 1;
        long micros = number(note[2]);
        ByteString stored =
                content.setSequence(sequence)
                        .setPreviousHash(last.hash())
                        .setActor((String) note[1])
                        .setTime(timestamp(micros))
                        .build()
                        .toByteString();
        ByteString hash = ChainHash.of(last.hash(), stored);
        return session.createNativeQuery(LINK)
                .setParameter("sequence", sequence)
                .setParameter("vm", content.getVmUid().isEmpty() ? null : content.getVmUid())
                .setParameter("micros", micros)
                .setParameter("record", stored.toByteArray())
                .setParameter("hash", hash.toByteArray())
                .executeUpdate()
                .replaceWith(new Link(sequence, hash));
    }

    private static Uni<Integer> advance(Mutiny.Session session, Link last) {
        return session.createNativeQuery("update audit_head set sequence = :sequence, hash = :hash")
                .setParameter("sequence", last.sequence())
                .setParameter("hash", last.hash().toByteArray())
                .executeUpdate();
    }

    @Override
    public Head head() {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        """
                                        select h.sequence, encode(h.hash, 'hex'), coalesce(c.sequence, 0),
                                            cast(coalesce(extract(epoch from now() - c.create_time), 0) * 1000000 as bigint),
                                            cast(extract(epoch from now()) * 1000000 as bigint)
                                        from audit_head h left join lateral
                                            (select * from audit_checkpoint order by sequence desc limit 1) c on true
                                        """,
                                        Object[].class)
                                .getSingleResult()
                                .map(
                                        row ->
                                                new Head(
                                                        number(row[0]),
                                                        bytes(row[1]),
                                                        number(row[2]),
                                                        Duration.of(
                                                                number(row[3]), ChronoUnit.MICROS),
                                                        instant(number(row[4])))));
    }

    @Override
    public void keep(long sequence, SignedStatement checkpoint) {
        int unused =
                database.inTransaction(
                        session ->
                                session.createNativeQuery(
                                                "insert into audit_checkpoint (sequence, signed)"
                                                        + " values (:sequence, :signed) on conflict"
                                                        + " do nothing")
                                        .setParameter("sequence", sequence)
                                        .setParameter("signed", checkpoint.toByteArray())
                                        .executeUpdate());
    }

    @Override
    public Optional<SignedStatement> newestCheckpoint() {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "select sequence, encode(signed, 'hex') from"
                                                + " audit_checkpoint order by sequence desc limit"
                                                + " 1",
                                        Object[].class)
                                .getResultList()
                                .map(
                                        rows ->
                                                rows.stream()
                                                        .findFirst()
                                                        .map(row -> kept(row).signed())));
    }

    @Override
    public List<Stored> list(Wanted wanted) {
        var conditions = new StringBuilder("sequence > :after");
        wanted.vm()
                .ifPresent(
                        vm ->
                                conditions.append(
                                        vm.startsWith("projects/")
                                                ? " and vm_uid in (select uid from machine where"
                                                        + " name = :vm)"
                                                : " and vm_uid = cast(:vm as uuid)"));
        wanted.from().ifPresent(from -> conditions.append(" and time >= :start"));
        wanted.to().ifPresent(to -> conditions.append(" and time < :end"));
        return database.inTransaction(
                session -> {
                    var query =
                            session.createNativeQuery(
                                            "select sequence, encode(record, 'hex'), encode(hash,"
                                                    + " 'hex') from audit_record where "
                                                    + conditions
                                                    + " order by sequence limit :max",
                                            Object[].class)
                                    .setParameter("after", wanted.after())
                                    .setParameter("max", wanted.limit());
                    wanted.vm().ifPresent(vm -> query.setParameter("vm", vm));
                    wanted.from().ifPresent(from -> query.setParameter("start", from));
                    wanted.to().ifPresent(to -> query.setParameter("end", to));
                    return query.getResultList()
                            .map(rows -> rows.stream().map(PostgresAuditChain::stored).toList());
                });
    }

    @Override
    public Piece export(long after, int limit) {
        // Checkpoints first: what they cover is committed before them, so it is read after them.
        List<Kept> checkpoints =
                database.inTransaction(
                        session ->
                                session.createNativeQuery(
                                                "select sequence, encode(signed, 'hex') from"
                                                    + " audit_checkpoint where sequence > :after"
                                                    + " order by sequence limit :max",
                                                Object[].class)
                                        .setParameter("after", after)
                                        .setParameter("max", limit + 1)
                                        .getResultList()
                                        .map(
                                                rows ->
                                                        rows.stream()
                                                                .map(PostgresAuditChain::kept)
                                                                .toList()));
        List<Stored> records =
                list(
                        new Wanted(
                                after,
                                limit,
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty()));
        long last = records.isEmpty() ? after : records.getLast().sequence();
        return new Piece(
                records,
                checkpoints.stream()
                        .filter(kept -> records.isEmpty() || kept.sequence() <= last)
                        .toList());
    }

    private static Stored stored(Object[] row) {
        return new Stored(number(row[0]), bytes(row[1]), bytes(row[2]));
    }

    private static Kept kept(Object[] row) {
        try {
            return new Kept(number(row[0]), SignedStatement.parseFrom(bytes(row[1])));
        } catch (InvalidProtocolBufferException damaged) {
            // Somebody wrote into it: a checkpoint that proves nothing says so to who verifies.
            return new Kept(number(row[0]), SignedStatement.getDefaultInstance());
        }
    }

    private static long number(Object value) {
        return ((Number) value).longValue();
    }

    private static ByteString bytes(Object hex) {
        return ByteString.copyFrom(HexFormat.of().parseHex((String) hex));
    }

    private static Instant instant(long micros) {
        return Instant.ofEpochSecond(
                Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000L);
    }

    private static Timestamp timestamp(long micros) {
        return Timestamp.newBuilder()
                .setSeconds(Math.floorDiv(micros, 1_000_000L))
                .setNanos((int) Math.floorMod(micros, 1_000_000L) * 1_000)
                .build();
    }
}
