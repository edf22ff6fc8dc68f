package sdk

import (
	"context"
	"net/url"
	"reflect"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// resourceAnswer is the answer with one resource of type T.
type resourceAnswer[T any] struct {
	Success bool `json:"success"`
	Data    T    `json:"data"`
}

func (a resourceAnswer[T]) complete(*request) bool {
	return a.Success && reflect.ValueOf(a.Data).FieldByName("ID").String() != ""
}

// pageAnswer is the answer with a page of resources of type T.
type pageAnswer[T any] struct {
	Success bool             `json:"success"`
	Data    []T              `json:"data"`
	Meta    taskapi.ListMeta `json:"meta"`
}

func (a pageAnswer[T]) complete(*request) bool { return a.Success && a.Data != nil }

// one carries out an operation that is answered with one resource.
func one[T any](ctx context.Context, c *Client, r request, opts []CallOption) (T, error) {
	out, err := do[resourceAnswer[T]](ctx, c, r, opts)
	return out.Data, err
}

// byID carries out an operation on the resource with this id. The request's path
// is that of the kind's resources.
func byID[T any](ctx context.Context, c *Client, id string, r request, opts []CallOption) (T, error) {
	// These would name another path. The server would say the same of them
	// as of any other text that is no id.
	if id == "" || id == "." || id == ".." {
		var none T
		return none, &Error{
			Operation: r.operation,
			Code:      taskapi.CodeInvalid,
			Message:   "The id is not valid.",
			Fields:    []taskapi.FieldError{{Field: "id", Code: taskapi.FieldFormat, Message: "must be a UUID"}},
		}
	}
	r.path += "/" + url.PathEscape(id) + r.suffix
	return one[T](ctx, c, r, opts)
}
