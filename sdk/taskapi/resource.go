package taskapi

import (
	"encoding/json"
	"fmt"
)

// Kind names a kind of resource. The set is open: clients ignore resources of
// kinds they do not know.
type Kind string

// Kinds returns every kind.
func Kinds() []Kind { return []Kind{KindTask, KindList, KindSettings} }

// Resource is a resource of any kind.
type Resource struct {
	Kind Kind            `json:"kind"`
	Data json.RawMessage `json:"data"`
}

// decodeAs decodes the data of a resource that must be of the wanted kind.
func decodeAs[T any](wanted, kind Kind, data json.RawMessage) (T, error) {
	var resource T
	if kind != wanted {
		return resource, fmt.Errorf("taskapi: the resource is a %s, not a %s", kind, wanted)
	}
	if err := json.Unmarshal(data, &resource); err != nil {
		return resource, fmt.Errorf("taskapi: decode %s: %w", kind, err)
	}
	return resource, nil
}
