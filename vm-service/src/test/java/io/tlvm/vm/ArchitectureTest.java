package io.tlvm.vm;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;

import org.junit.jupiter.api.Test;

/** api → domain ← adapters. */
class ArchitectureTest {
    private static final String[] DOMAIN = {
        "io.tlvm.vm.machine..",
        "io.tlvm.vm.placement..",
        "io.tlvm.vm.node..",
        "io.tlvm.vm.ownership..",
        "io.tlvm.vm.migration..",
        "io.tlvm.vm.event..",
        "io.tlvm.vm.audit..",
        "io.tlvm.vm.keys",
        "io.tlvm.vm.backup",
        "io.tlvm.vm.refusal.."
    };

    private final JavaClasses classes =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("io.tlvm.vm");

    @Test
    void the_domain_knows_neither_the_edge_nor_adapters() {
        noClasses()
                .that()
                .resideInAnyPackage(DOMAIN)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.tlvm.vm.api..",
                        "io.tlvm.vm.postgres..",
                        "io.tlvm.vm.agents..",
                        "io.tlvm.vm.catalog..")
                .check(classes);
    }

    @Test
    void the_domain_knows_no_grpc_sql_container_or_contract() {
        noClasses()
                .that()
                .resideInAnyPackage(DOMAIN)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.grpc..",
                        "io.quarkus..",
                        "jakarta..",
                        "org.hibernate..",
                        "io.vertx..",
                        "io.smallrye..",
                        "io.tlvm.compute..",
                        "io.tlvm.node..",
                        "io.tlvm.catalog..")
                .check(classes);
    }

    @Test
    void only_the_room_postgres_knows_the_database() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.tlvm.vm.postgres..")
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
    void adapters_do_not_know_each_other_or_the_edge() {
        for (String adapter : new String[] {"postgres", "agents", "catalog"}) {
            for (String other : new String[] {"postgres", "agents", "catalog", "api"}) {
                if (!adapter.equals(other)) {
                    noClasses()
                            .that()
                            .resideInAPackage("io.tlvm.vm." + adapter + "..")
                            .should()
                            .dependOnClassesThat()
                            .resideInAPackage("io.tlvm.vm." + other + "..")
                            .check(classes);
                }
            }
        }
    }
}
