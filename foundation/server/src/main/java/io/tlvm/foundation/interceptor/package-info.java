/** What every call passes on its way in: refusal, deadline, identity, access, validation. */
@NullMarked
package io.tlvm.foundation.interceptor;

import org.jspecify.annotations.NullMarked;
