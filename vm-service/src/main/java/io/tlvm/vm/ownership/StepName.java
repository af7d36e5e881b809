package io.tlvm.vm.ownership;

import io.tlvm.ownership.row.Step;

/** What steps are called in logs, gates and operation metadata. */
public final class StepName {
    private StepName() {}

    /** Upper snake case, such as {@code PREPARE_TARGET}. */
    public static String of(Step step) {
        return switch (step) {
            case Step.CreateState _ -> "CREATE";
            case Step.Run run ->
                    switch (run.mode()) {
                        case COLD -> "START";
                        case ADOPT -> "ADOPT";
                        case RESUME -> "RESUME";
                    };
            case Step.Stop _ -> "STOP";
            case Step.PrepareTarget _ -> "PREPARE_TARGET";
            case Step.Transfer _ -> "TRANSFER";
            case Step.SwitchOver _ -> "SWITCH_OVER";
            case Step.ConfirmLoaded _ -> "COMMIT";
            case Step.StoreState _ -> "STORE_STATE";
            case Step.Destroy(var cleanUp) ->
                    switch (cleanUp.kind()) {
                        case RETIRE -> "RETIRE";
                        case DISCARD -> "DISCARD";
                    };
            case Step.Purge _ -> "PURGE";
        };
    }
}
