package taskapi

import (
	"encoding/json"
	"fmt"
)

// Kind names a kind of resource. The set is open: clients ignore resources of
// kinds they do not know.
type Kind string

// The kinds.
const (
	// KindTask is the kind of a [Task].
	KindTask Kind = "task"
	// KindList is the kind of a [List].
	KindList Kind = "list"
	// KindSettings is the kind of [Settings].
	KindSettings Kind = "settings"
)

// Kinds returns every kind.
func Kinds() []Kind { return []Kind{KindTask, KindList, KindSettings} }

// Resource is a resource of any kind.
type Resource struct {
	Kind Kind            `json:"kind"`
	Data json.RawMessage `json:"data"`
}

// Task decodes the resource as a task. It fails for another kind.
func (r Resource) Task() (Task, error) { return decodeAs[Task](KindTask, r.Kind, r.Data) }

// List decodes the resource as a list. It fails for another kind.
func (r Resource) List() (List, error) { return decodeAs[List](KindList, r.Kind, r.Data) }

// Settings decodes the resource as settings. It fails for another kind.
func (r Resource) Settings() (Settings, error) {
	return decodeAs[Settings](KindSettings, r.Kind, r.Data)
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
