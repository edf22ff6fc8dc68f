package sdk

import (
	"context"
	"net/url"
	"reflect"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// resourceEnvelope is the envelope of one resource.
type resourceEnvelope[T any] struct{ taskapi.Response[T] }

func (e resourceEnvelope[T]) complete(*request) bool {
	return e.Success && reflect.ValueOf(e.Data).FieldByName("ID").String() != ""
}

// pageEnvelope is the envelope of a page of resources.
type pageEnvelope[T any] struct{ taskapi.PageResponse[T] }

func (e pageEnvelope[T]) complete(*request) bool { return e.Success && e.Data != nil }

// one runs an operation that returns one resource.
func one[T any](ctx context.Context, c *Client, r request, opts []CallOption) (T, error) {
	out, err := do[resourceEnvelope[T]](ctx, c, r, opts)
	return out.Data, err
}

// byID runs an operation on the resource with this id. r.path is the path of the kind's
// collection.
func byID[T any](ctx context.Context, c *Client, id string, r request, opts []CallOption) (T, error) {
	if err := r.appendID(id); err != nil {
		var zero T
		return zero, err
	}
	return one[T](ctx, c, r, opts)
}

// appendID appends the id of a resource, and the suffix, to the path, which is that of the
// kind's collection.
func (r *request) appendID(id string) error {
	// These ids would change the path. The error is that of the service for any
	// invalid id.
	if id == "" || id == "." || id == ".." {
		return &Error{
			Operation: r.operation,
			Code:      taskapi.CodeInvalid,
			Message:   "The id is not valid.",
			Fields:    []taskapi.FieldError{{Field: "id", Code: taskapi.FieldFormat, Message: "must be a UUID"}},
		}
	}
	r.path += "/" + url.PathEscape(id) + r.suffix
	return nil
}
