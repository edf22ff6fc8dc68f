package api

import (
	"errors"
	"fmt"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

// errorTable maps errors to responses. The first matching row is used.
var errorTable = append(kindErrors(), []httpapi.ErrorStatus{
	{Err: jwtauth.ErrExpired, Code: taskapi.CodeTokenExpired, Sentence: "The token has expired."},
	{Err: jwtauth.ErrInvalid, Code: taskapi.CodeUnauthenticated, Sentence: "The token is not valid here."},
	{Err: jwtauth.ErrUnavailable, Code: taskapi.CodeUnavailable, Sentence: "Tokens cannot be checked at the moment. Try again shortly."},
	{Err: store.ErrVersionConflict, Code: taskapi.CodeVersionConflict, Sentence: "It has a different version from the one in the request."},
	{Err: store.ErrInvalidCursor, Code: taskapi.CodeInvalidCursor, Sentence: "The cursor does not belong to this list. Start again without one."},
	{Err: store.ErrCursorExpired, Code: taskapi.CodeCursorExpired, Sentence: "Changes since then are no longer stored. List everything again."},
	{Err: store.ErrKeyReused, Code: taskapi.CodeIdempotencyKeyReused, Sentence: "The Idempotency-Key belongs to a different request."},
	{Err: store.ErrInProgress, Code: taskapi.CodeIdempotencyInProgress, Sentence: "A request with this Idempotency-Key is still being carried out."},
	{Err: store.ErrFull, Code: taskapi.CodeQuotaExceeded, Sentence: "Your storage is full. Erase tasks that you no longer need, then try again."},
	{Err: store.ErrUserErased, Code: taskapi.CodeAccountDeleted, Sentence: "Nothing can be saved, because this account is being deleted. If you can still sign in, delete it again."},
	{Err: store.ErrBatchTooLarge, Code: taskapi.CodeBodyTooLarge, Sentence: "These are too large together. Send them in smaller batches."},
	{Err: store.ErrBusy, Code: taskapi.CodeOverloaded, Sentence: "Too much is being changed at once. Try again shortly."},
	{Err: store.ErrAborted, Code: taskapi.CodeOverloaded, Sentence: "Too much is being changed at once. Try again shortly."},
	{Err: store.ErrUnavailable, Code: taskapi.CodeUnavailable, Sentence: "The data cannot be reached at the moment. Try again shortly."},
}...)

// kindErrors returns the rows of the kinds' own errors.
func kindErrors() (rows []httpapi.ErrorStatus) {
	for _, k := range operations.Kinds() {
		rows = append(rows, httpapi.ErrorStatus{Err: store.NotFound(k.Name), Code: k.NotFound(), Sentence: k.Title + " not found."})
		if k.Maximum > 0 {
			rows = append(rows, httpapi.ErrorStatus{Err: store.TooMany(k.Name), Code: k.TooMany(), Sentence: fmt.Sprintf("You have %d %ss. Delete one first.", k.Maximum, k.Name)})
		}
	}
	return rows
}

// addDetail adds the current resource to a conflict, and the failed operation to the error of
// a batch.
func addDetail(err error, p *httpapi.Problem) {
	conflict, isConflict := errors.AsType[*store.ConflictError](err)
	if isConflict {
		p.Current = new(wireResource(conflict.Current))
	}
	failed, ok := errors.AsType[*store.BatchError](err)
	if !ok {
		return
	}
	path, code, message := ".id", taskapi.FieldNotFound, "does not exist, or is not in the required state"
	switch {
	case errors.Is(err, store.ErrTooMany):
		path, code, message = "", taskapi.FieldTooMany, "exceeds the limit"
	case isConflict:
		path, code, message = ".version", taskapi.FieldConflict, "is not the current version"
	}
	p.WithFields(taskapi.FieldError{Field: fmt.Sprintf("operations[%d]%s", failed.Index, path), Code: code, Message: message})
}
