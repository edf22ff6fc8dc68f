package taskapi

import "net/http"

// ErrorCode names the reason of a failure. Codes are stable; error texts are not.
// The set is open: treat an unknown code by its HTTP status.
type ErrorCode string

// The error codes of the task service and the bff.
const (
	// CodeUnauthenticated: no credentials, or invalid ones.
	CodeUnauthenticated ErrorCode = "unauthenticated"
	// CodeTokenExpired: the bearer token has expired.
	CodeTokenExpired ErrorCode = "token_expired"
	// CodeSessionExpired: the browser's session has ended (bff).
	CodeSessionExpired ErrorCode = "session_expired"
	// CodeCrossOrigin: the request came from a page of another origin (bff).
	CodeCrossOrigin ErrorCode = "cross_origin"
	// CodeQuotaExceeded: the user's quota is used up. Deleting and erasing still
	// work.
	CodeQuotaExceeded ErrorCode = "quota_exceeded"
	// CodeAccountDeleted: the account was deleted. Its data has been erased, and
	// writes are rejected.
	CodeAccountDeleted ErrorCode = "account_deleted"
	// CodeTaskNotFound: the user has no such task.
	CodeTaskNotFound ErrorCode = "task_not_found"
	// CodeListNotFound: the user has no such list.
	CodeListNotFound ErrorCode = "list_not_found"
	// CodeNotFound: there is nothing at this path.
	CodeNotFound ErrorCode = "not_found"
	// CodeMethodNotAllowed: the path exists, with other methods (see Allow).
	CodeMethodNotAllowed ErrorCode = "method_not_allowed"
	// CodeBodyTooLarge: the request's body, or the changes of a batch, exceeds the
	// limit: send less at once.
	CodeBodyTooLarge ErrorCode = "body_too_large"
	// CodeUnsupportedMediaType: the body's Content-Type is not accepted.
	CodeUnsupportedMediaType ErrorCode = "unsupported_media_type"
	// CodeIdempotencyInProgress: a request with the same Idempotency-Key is still in
	// flight.
	CodeIdempotencyInProgress ErrorCode = "idempotency_in_progress"
	// CodeCursorExpired: changes since the cursor have been removed; list
	// again.
	CodeCursorExpired ErrorCode = "cursor_expired"
	// CodeVersionConflict: the resource has changed since the caller read it.
	CodeVersionConflict ErrorCode = "version_conflict"
	// CodeInvalid: the body, query, path or a header is invalid.
	CodeInvalid ErrorCode = "invalid"
	// CodeInvalidCursor: the cursor belongs to another list.
	CodeInvalidCursor ErrorCode = "invalid_cursor"
	// CodeIdempotencyKeyReused: the Idempotency-Key belongs to a different
	// request.
	CodeIdempotencyKeyReused ErrorCode = "idempotency_key_reused"
	// CodeTooManyLists: the user has the maximum number of lists outside the
	// trash.
	CodeTooManyLists ErrorCode = "too_many_lists"
	// CodeRateLimited: too many requests of one user or client.
	CodeRateLimited ErrorCode = "rate_limited"
	// CodeInternal: an error of the server.
	CodeInternal ErrorCode = "internal"
	// CodeBadGateway: an upstream sent an invalid response.
	CodeBadGateway ErrorCode = "bad_gateway"
	// CodeOverloaded: the server has too many requests in flight.
	CodeOverloaded ErrorCode = "overloaded"
	// CodeUnavailable: a server or database that the server needs cannot be reached.
	CodeUnavailable ErrorCode = "unavailable"
	// CodeAuthUnavailable: Better Auth cannot be reached (bff). The session may
	// still be valid.
	CodeAuthUnavailable ErrorCode = "auth_unavailable"
	// CodeTimeout: the request took too long.
	CodeTimeout ErrorCode = "timeout"
)

// codes has every code with its status.
var codes = []struct {
	code   ErrorCode
	status int
}{
	{CodeUnauthenticated, http.StatusUnauthorized},
	{CodeTokenExpired, http.StatusUnauthorized},
	{CodeSessionExpired, http.StatusUnauthorized},
	{CodeCrossOrigin, http.StatusForbidden},
	{CodeQuotaExceeded, http.StatusForbidden},
	{CodeAccountDeleted, http.StatusForbidden},
	{CodeTaskNotFound, http.StatusNotFound},
	{CodeListNotFound, http.StatusNotFound},
	{CodeNotFound, http.StatusNotFound},
	{CodeMethodNotAllowed, http.StatusMethodNotAllowed},
	{CodeIdempotencyInProgress, http.StatusConflict},
	{CodeCursorExpired, http.StatusGone},
	{CodeVersionConflict, http.StatusPreconditionFailed},
	{CodeBodyTooLarge, http.StatusRequestEntityTooLarge},
	{CodeUnsupportedMediaType, http.StatusUnsupportedMediaType},
	{CodeInvalid, http.StatusUnprocessableEntity},
	{CodeInvalidCursor, http.StatusUnprocessableEntity},
	{CodeIdempotencyKeyReused, http.StatusUnprocessableEntity},
	{CodeTooManyLists, http.StatusUnprocessableEntity},
	{CodeRateLimited, http.StatusTooManyRequests},
	{CodeInternal, http.StatusInternalServerError},
	{CodeBadGateway, http.StatusBadGateway},
	{CodeOverloaded, http.StatusServiceUnavailable},
	{CodeUnavailable, http.StatusServiceUnavailable},
	{CodeAuthUnavailable, http.StatusServiceUnavailable},
	{CodeTimeout, http.StatusGatewayTimeout},
}

// ErrorCodes returns every code, ordered by status.
func ErrorCodes() []ErrorCode {
	all := make([]ErrorCode, len(codes))
	for i, c := range codes {
		all[i] = c.code
	}
	return all
}

// Status returns the HTTP status of the code, or 500 for an unknown code.
func (c ErrorCode) Status() int {
	for _, known := range codes {
		if known.code == c {
			return known.status
		}
	}
	return http.StatusInternalServerError
}

// Problem is the body of every failure, sent as application/problem+json: an
// RFC 9457 problem document, and the envelope with success set to false.
type Problem struct {
	Success   bool         `json:"success" enum:"false" doc:"Always false in an error response."`
	Error     string       `json:"error" doc:"A sentence for people that says what happened." example:"Task not found."`
	Code      ErrorCode    `json:"code" doc:"The stable code of the error, for programs." example:"task_not_found"`
	Status    int          `json:"status" minimum:"400" maximum:"599" doc:"The HTTP status." example:"404"`
	Title     string       `json:"title" doc:"The HTTP status in words." example:"Not Found"`
	Errors    []FieldError `json:"errors,omitzero" doc:"The invalid fields of the request. In a batch, whatever the code, the operation that failed."`
	RequestID string       `json:"requestId" doc:"Identifies the request in the servers' logs." example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c12"`
	Current   *Resource    `json:"current,omitzero" doc:"The current resource, if the code is version_conflict."`
}

// FieldError describes an invalid part of a request.
type FieldError struct {
	Field   string         `json:"field" doc:"The field's path in the body, or the parameter's name." example:"title"`
	Code    FieldErrorCode `json:"code" doc:"The stable name of the rule, for programs." example:"too_long"`
	Message string         `json:"message" doc:"The rule, in words for people." example:"must have at most 500 characters"`
}

// FieldErrorCode names the rule that a field breaks. The set is open.
type FieldErrorCode string

// The rules that a field can break.
const (
	FieldRequired   FieldErrorCode = "required"
	FieldUnknown    FieldErrorCode = "unknown_field"
	FieldDuplicate  FieldErrorCode = "duplicate"
	FieldNull       FieldErrorCode = "not_nullable"
	FieldType       FieldErrorCode = "wrong_type"
	FieldFormat     FieldErrorCode = "bad_format"
	FieldTooShort   FieldErrorCode = "too_short"
	FieldTooLong    FieldErrorCode = "too_long"
	FieldTooMany    FieldErrorCode = "too_many"
	FieldTooFew     FieldErrorCode = "too_few"
	FieldOutOfRange FieldErrorCode = "out_of_range"
	FieldNotAllowed FieldErrorCode = "not_allowed"
	// In a batch, the operation's resource does not exist or has another version.
	FieldNotFound FieldErrorCode = "not_found"
	FieldConflict FieldErrorCode = "conflict"
	// Tasks would be on more than [MaxLevels] levels.
	FieldTooDeep FieldErrorCode = "too_deep"
)

// FieldErrorCodes returns every rule that a field can break.
func FieldErrorCodes() []FieldErrorCode {
	return []FieldErrorCode{
		FieldRequired, FieldUnknown, FieldDuplicate, FieldNull, FieldType, FieldFormat,
		FieldTooShort, FieldTooLong, FieldTooMany, FieldTooFew, FieldOutOfRange, FieldNotAllowed,
		FieldNotFound, FieldConflict, FieldTooDeep,
	}
}
