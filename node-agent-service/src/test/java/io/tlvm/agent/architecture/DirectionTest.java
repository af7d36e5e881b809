package io.tlvm.agent.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;

import org.junit.jupiter.api.Test;

/** One direction: the edge knows the rooms, the rooms know what is below them, nobody looks up. */
class DirectionTest {
    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .importPackages("io.tlvm.agent");

    private static String in(String room) {
        return "io.tlvm.agent." + room + "..";
    }

    @Test
    void nobody_knows_the_edge_but_the_wiring() {
        noClasses()
                .that()
                .resideOutsideOfPackages(in("api"), in("config"))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(in("api"), in("config"))
                .check(CLASSES);
    }

    @Test
    void the_domain_speaks_no_grpc_and_knows_no_container() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        in("api"), in("transfer"), in("cluster"), in("image"), in("config"))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.grpc..", "io.quarkus..", "jakarta..", "io.smallrye..")
                .check(CLASSES);
    }

    @Test
    void what_is_below_never_looks_up() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        in("gueststate"),
                        in("journal"),
                        in("keys"),
                        in("tpm"),
                        in("firmware"),
                        in("hypervisor"),
                        in("probe"))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        in("machine"), in("migration"), in("transfer"), in("image"), in("cluster"))
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAnyPackage(in("migration"), in("image"))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(in("machine"), in("cluster"), in("transfer"))
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage(in("machine"))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(in("cluster"), in("transfer"))
                .check(CLASSES);
    }

    @Test
    void rooms_have_no_cycles() {
        SlicesRuleDefinition.slices()
                .matching("io.tlvm.agent.(*)..")
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
    }
}
