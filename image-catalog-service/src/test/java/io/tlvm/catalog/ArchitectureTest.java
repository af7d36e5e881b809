package io.tlvm.catalog;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;

import org.junit.jupiter.api.Test;

/**
 * One direction: the edge and the adapters know the domain, never the reverse, and never each
 * other.
 */
class ArchitectureTest {
    private static final String[] DOMAIN = {
        "io.tlvm.catalog.catalog", "io.tlvm.catalog.store", "io.tlvm.catalog.verification"
    };
    private final JavaClasses classes =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages(
                            "io.tlvm.catalog.api",
                            "io.tlvm.catalog.catalog",
                            "io.tlvm.catalog.store",
                            "io.tlvm.catalog.verification",
                            "io.tlvm.catalog.postgres");

    @Test
    void the_domain_knows_neither_the_edge_nor_the_adapters() {
        noClasses()
                .that()
                .resideInAnyPackage(DOMAIN)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.tlvm.catalog.api..",
                        "io.tlvm.catalog.postgres..",
                        "io.tlvm.catalog.store.disk..")
                .check(classes);
    }

    @Test
    void the_domain_knows_no_grpc_no_sql_no_files_and_no_container() {
        noClasses()
                .that()
                .resideInAnyPackage(DOMAIN)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.grpc..",
                        "com.google.protobuf..",
                        "io.tlvm.catalog.v1..",
                        "io.smallrye.mutiny..",
                        "io.vertx..",
                        "jakarta..",
                        "io.quarkus..",
                        "org.hibernate..",
                        "java.sql..",
                        "java.nio.file..",
                        "java.nio.channels..")
                .check(classes);
    }

    @Test
    void only_the_room_postgres_knows_the_database() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.tlvm.catalog.postgres..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.tlvm.foundation.postgres..",
                        "io.quarkus.hibernate..",
                        "org.hibernate..",
                        "jakarta.persistence..",
                        "java.sql..")
                .check(classes);
    }

    @Test
    void the_adapters_and_the_edge_do_not_know_each_other() {
        noClasses()
                .that()
                .resideInAPackage("io.tlvm.catalog.postgres..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.tlvm.catalog.api..",
                        "io.tlvm.catalog.store.disk..",
                        "io.grpc..",
                        "io.tlvm.catalog.v1..")
                .check(classes);
        noClasses()
                .that()
                .resideInAPackage("io.tlvm.catalog.store.disk..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.tlvm.catalog.api..", "io.tlvm.catalog.postgres..")
                .check(classes);
        noClasses()
                .that()
                .resideInAPackage("io.tlvm.catalog.api..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.tlvm.catalog.postgres..",
                        "io.tlvm.catalog.store.disk..",
                        "org.hibernate..")
                .check(classes);
    }

    @Test
    void rooms_have_no_cycles() {
        slices().matching("io.tlvm.catalog.(**)").should().beFreeOfCycles().check(classes);
    }
}
