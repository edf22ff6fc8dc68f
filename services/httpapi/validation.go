package httpapi

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// codeSeparator separates the error code from the text in Huma's messages, such as
// "too_long|must have at most 500 characters". Huma reports violations only as text.
const codeSeparator = "|"

// setValidationTexts sets the texts of Huma's rules, which are package variables. Huma
// copies them into each schema that it builds.
func setValidationTexts() {
	rule := func(message *string, code taskapi.FieldErrorCode, text string) {
		*message = string(code) + codeSeparator + text
	}
	rule(&validation.MsgUnexpectedProperty, taskapi.FieldUnknown, "is not a known field")
	rule(&validation.MsgExpectedRequiredProperty, taskapi.FieldRequired, "%s is required")
	rule(&validation.MsgExpectedMinProperties, taskapi.FieldTooFew, "must have at least %d field")
	rule(&validation.MsgExpectedBoolean, taskapi.FieldType, "must be true or false")
	rule(&validation.MsgExpectedNumber, taskapi.FieldType, "must be a number")
	rule(&validation.MsgExpectedInteger, taskapi.FieldType, "must be a whole number")
	rule(&validation.MsgExpectedString, taskapi.FieldType, "must be a string")
	rule(&validation.MsgExpectedArray, taskapi.FieldType, "must be an array")
	rule(&validation.MsgExpectedObject, taskapi.FieldType, "must be an object")
	rule(&validation.MsgExpectedRFC3339DateTime, taskapi.FieldFormat, "must be a date and time such as 2026-11-30T17:00:00Z")
	rule(&validation.MsgExpectedRFC4122UUID, taskapi.FieldFormat, "must be a UUID%.0v") // %.0v omits Huma's argument
	rule(&validation.MsgExpectedBePattern, taskapi.FieldFormat, "must be %s")
	rule(&validation.MsgExpectedMatchPattern, taskapi.FieldFormat, "must match %s")
	rule(&validation.MsgExpectedOneOf, taskapi.FieldNotAllowed, "must be one of %s")
	rule(&validation.MsgExpectedConst, taskapi.FieldNotAllowed, "must be %v")
	rule(&validation.MsgExpectedMinLength, taskapi.FieldTooShort, "must have at least %d characters")
	rule(&validation.MsgExpectedMaxLength, taskapi.FieldTooLong, "must have at most %d characters")
	rule(&validation.MsgExpectedMinItems, taskapi.FieldTooFew, "must have at least %d entries")
	rule(&validation.MsgExpectedMaxItems, taskapi.FieldTooMany, "must have at most %d entries")
	rule(&validation.MsgExpectedArrayItemsUnique, taskapi.FieldDuplicate, "must not hold the same entry twice")
	rule(&validation.MsgExpectedMinimumNumber, taskapi.FieldOutOfRange, "must be at least %v")
	rule(&validation.MsgExpectedMaximumNumber, taskapi.FieldOutOfRange, "must be at most %v")
}

// maxFieldErrors bounds the fields in one problem. Clients can cause as many errors as
// fit into a body.
const maxFieldErrors = 20

// paramRules match Huma's fixed texts for parameters. Any other text about a parameter
// means that its value could not be parsed.
var paramRules = []struct {
	text    string
	code    taskapi.FieldErrorCode
	message string
}{
	{"unknown query parameter", taskapi.FieldUnknown, "is not a known parameter"},
	{"parameter is missing", taskapi.FieldRequired, "is required"},
	{"invalid boolean", taskapi.FieldType, "must be true or false"},
	{"invalid integer", taskapi.FieldType, "must be a whole number"},
}

// newValidationProblem turns an error of Huma into a problem. The status identifies errors in
// reading the body; all validation errors are combined into one problem.
func newValidationProblem(status int, message string, errs []error) *Problem {
	switch {
	case status == http.StatusRequestEntityTooLarge:
		return bodyTooLarge()
	case status == http.StatusUnsupportedMediaType:
		return unsupportedMediaType()
	case status == http.StatusRequestTimeout:
		return NewProblem(taskapi.CodeTimeout, "The request body took too long to arrive.").WithRetryAfter(unavailableRetryAfter)
	case status == http.StatusBadRequest && len(errs) == 0:
		return Invalid(taskapi.FieldError{Field: "body", Code: taskapi.FieldRequired, Message: "is required"})
	case status >= http.StatusInternalServerError:
		return NewProblem(taskapi.CodeInternal, "Something went wrong on our side.")
	}
	fields := make([]taskapi.FieldError, 0, len(errs))
	for _, err := range errs {
		fields = append(fields, fieldErrors(err)...)
	}
	if len(fields) == 0 {
		fields = append(fields, taskapi.FieldError{Field: "body", Code: taskapi.FieldFormat, Message: message})
	}
	sortFields(fields)
	fields = slices.Compact(fields)
	return Invalid(fields...)
}

// sortFields sorts errors by their fields. Huma ranges over maps, so the order would vary.
func sortFields(fields []taskapi.FieldError) {
	slices.SortStableFunc(fields, func(a, b taskapi.FieldError) int { return cmp.Compare(a.Field, b.Field) })
}

// FieldErrors validates a decoded value against a schema, and returns the errors sorted by
// field. path is where the value is in the body, such as operations[0].data.
func (a *API) FieldErrors(schema *huma.Schema, path string, value any) []taskapi.FieldError {
	value, path = upperCaseTimes(value), "body."+path
	result := &huma.ValidateResult{}
	huma.Validate(a.OpenAPI().Components.Schemas, schema, huma.NewPathBuffer([]byte(path), len(path)), huma.ModeWriteToServer, value, result)
	var fields []taskapi.FieldError
	for _, err := range result.Errors {
		fields = append(fields, fieldErrors(err)...)
	}
	sortFields(fields)
	return fields
}

// Invalid returns the problem of an invalid request, with at most 20 fields.
func Invalid(fields ...taskapi.FieldError) *Problem {
	fields = fields[:min(len(fields), maxFieldErrors)]
	sentence := "The request is not valid."
	if len(fields) > 0 {
		sentence = "The request is not valid: " + fields[0].Field + " " + fields[0].Message + "."
	}
	return NewProblem(taskapi.CodeInvalid, sentence).WithFields(fields...)
}

// fieldErrors translates one validation error. A [Problem] returned by a resolver has
// its own fields.
func fieldErrors(err error) []taskapi.FieldError {
	if problem, ok := errors.AsType[*Problem](err); ok {
		return problem.Errors
	}
	var detailer huma.ErrorDetailer
	if !errors.As(err, &detailer) {
		return nil
	}
	detail := detailer.ErrorDetail()
	part, field, _ := strings.Cut(detail.Location, ".")
	code, message, coded := strings.Cut(detail.Message, codeSeparator)
	if !coded {
		code, message = paramRule(detail.Message)
	}
	// jsonFormat's errors have the field between the code and the text.
	if inner, rest, named := strings.Cut(message, codeSeparator); named {
		field, message = inner, rest
	}
	if code == string(taskapi.FieldRequired) && part == "body" {
		// Huma locates a missing property at its parent.
		missing, _, _ := strings.Cut(message, " ")
		field, message = strings.TrimPrefix(field+"."+missing, "."), "is required"
	}
	return []taskapi.FieldError{{
		Field:   fieldName(cmp.Or(field, part)),
		Code:    taskapi.FieldErrorCode(code),
		Message: message,
	}}
}

func paramRule(text string) (code, message string) {
	for _, rule := range paramRules {
		if strings.Contains(text, rule.text) {
			return string(rule.code), rule.message
		}
	}
	return string(taskapi.FieldFormat), "is malformed"
}

func bodyTooLarge() *Problem {
	return NewProblem(taskapi.CodeBodyTooLarge, "The request body is too large.")
}

func unsupportedEncoding() *Problem {
	return NewProblem(taskapi.CodeUnsupportedMediaType, "The request body must not be compressed.").WithHeader("Accept-Encoding", "identity")
}

func unsupportedMediaType() *Problem {
	return NewProblem(taskapi.CodeUnsupportedMediaType, "The Content-Type of the request body is not supported. Send application/json.")
}
