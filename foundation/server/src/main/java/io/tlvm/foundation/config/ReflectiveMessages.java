package io.tlvm.foundation.config;

import com.google.longrunning.CancelOperationRequest;
import com.google.longrunning.DeleteOperationRequest;
import com.google.longrunning.GetOperationRequest;
import com.google.longrunning.ListOperationsRequest;
import com.google.longrunning.ListOperationsResponse;
import com.google.longrunning.Operation;
import com.google.longrunning.WaitOperationRequest;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Help;
import com.google.rpc.PreconditionFailure;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RequestInfo;
import com.google.rpc.ResourceInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * For native images: messages of Google's that are read by reflection, namely the details of
 * refusals, which are unpacked, and the requests of {@code Operations}, which are validated.
 * Quarkus registers our own; indexing Google's library would register two hundred that nobody
 * sends.
 */
@RegisterForReflection(
        targets = {
            BadRequest.class,
            CancelOperationRequest.class,
            DeleteOperationRequest.class,
            ErrorInfo.class,
            GetOperationRequest.class,
            Help.class,
            ListOperationsRequest.class,
            ListOperationsResponse.class,
            Operation.class,
            PreconditionFailure.class,
            QuotaFailure.class,
            RequestInfo.class,
            ResourceInfo.class,
            RetryInfo.class,
            Status.class,
            WaitOperationRequest.class
        })
final class ReflectiveMessages {
    private ReflectiveMessages() {}
}
