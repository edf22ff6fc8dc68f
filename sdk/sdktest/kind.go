package sdktest

import (
	"encoding/json"
	"reflect"
	"sync"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// kind describes a kind of resource: its wire types, whose tags have the limits of its
// fields, and rules that tags cannot express. Every resource has an id and a version and,
// unless its kind is single, createdAt, updatedAt and deletedAt.
type kind struct {
	name     taskapi.Kind
	title    string // in the names of operations: Task
	path     string // of the resources
	resource reflect.Type
	// single, unless empty, is the id of a kind's only resource, which every user has
	// from the beginning and can only read and update. path is the path of the resource.
	single string
	// content has the fields of the requests to create and replace, changes those of an
	// update, place those of a move.
	content, changes, place []field
	// setDefaults, unless nil, sets defaults that are not zero, and fields that only the
	// service sets.
	setDefaults func(resource any, now time.Time)
	// maximum, unless zero, is the maximum number of a user's resources outside the
	// trash.
	maximum int
	// routes are additional routes of the kind.
	routes []route
}

// textRule is a rule for a text, or a list's texts, that tags cannot express.
type textRule struct {
	trim bool // surrounding space is removed
	// check returns a text's normal form, or the code and message of an error.
	check            func(string) (text string, code taskapi.FieldErrorCode, message string)
	minimum, maximum int // characters of an entry of a list
	// key returns the key by which the texts of a list are compared. Of texts with
	// the same key, only the first is kept.
	key func(string) string
}

// many completes a kind of which users have many resources. T is the resource.
func many[T, C, R, U, M any](_ taskapi.Operations[C, R, U, M], k kind) *kind {
	k.resource = reflect.TypeFor[T]()
	k.content, k.changes, k.place = fieldsOf[C](), fieldsOf[U](), fieldsOf[M]()
	return &k
}

// textRules are the rules of texts by the names of their fields.
var textRules = map[string]textRule{
	"name":       {trim: true},
	"recurrence": {check: checkRule},
	"tags":       {trim: true, minimum: 1, maximum: taskapi.MaxTagLength, key: taskapi.TagKey},
	"timeZone":   {check: zoneName},
	"title":      {trim: true},
}

// tooMany is the error code of more than the maximum number of resources.
func (k *kind) tooMany() taskapi.ErrorCode { return taskapi.ErrorCode("too_many_" + k.name + "s") }

// kinds returns all kinds.
var kinds = sync.OnceValue(func() []*kind { return []*kind{tasks(), lists(), settings()} })

func kindNamed(name taskapi.Kind) *kind {
	for _, k := range kinds() {
		if k.name == name {
			return k
		}
	}
	return nil
}

// resource is a resource of any kind. Its value is a struct of the kind's type, which
// does not change once it is stored.
type resource struct {
	kind  *kind
	value reflect.Value
	// deletedWith is the id of the resource with which it was deleted; empty if it
	// was deleted directly.
	deletedWith string
}

func (k *kind) new() resource { return resource{kind: k, value: reflect.New(k.resource).Elem()} }

// copied returns a copy that may be changed. Its fields may share memory with the
// original, because they are replaced, never changed.
func (r resource) copied() resource {
	c := r.kind.new()
	c.value.Set(r.value)
	c.deletedWith = r.deletedWith
	return c
}

// field returns a field by its name on the wire.
func (r resource) field(name string) reflect.Value {
	if value := r.optional(name); value.IsValid() {
		return value
	}
	panic("sdktest: a " + string(r.kind.name) + " has no field " + name)
}

// optional returns a field that not every kind has, or the zero Value.
func (r resource) optional(name string) reflect.Value {
	for field, value := range r.value.Fields() {
		if wireName(field) == name {
			return value
		}
	}
	return reflect.Value{}
}

func (r resource) set(name string, value any) { r.field(name).Set(reflect.ValueOf(value)) }

func (r resource) id() string     { return r.field("id").String() }
func (r resource) version() int64 { return r.field("version").Int() }
func (r resource) deleted() bool {
	at := r.optional("deletedAt")
	return at.IsValid() && !at.IsNil()
}
func (r resource) wire() any            { return r.value.Interface() }
func (r resource) pointer() any         { return r.value.Addr().Interface() }
func (r resource) etag() string         { return entityTag(r.version()) }
func (r resource) same(o resource) bool { return reflect.DeepEqual(r.wire(), o.wire()) }

func (r resource) asResource() taskapi.Resource {
	return taskapi.Resource{Kind: r.kind.name, Data: encode(r.wire())}
}

// content has the fields of a request, by name.
type content map[string]reflect.Value

// apply sets the content's fields of a resource. If it replaces the content, missing
// fields become zero.
func (r resource) apply(c content, replace bool, now time.Time) {
	for _, f := range r.kind.content {
		to := r.field(f.name)
		if replace {
			to.SetZero()
		}
		if value, ok := c[f.name]; ok {
			to.Set(value)
		}
		if to.Kind() == reflect.Slice && to.IsNil() {
			to.Set(reflect.MakeSlice(to.Type(), 0, 0))
		}
	}
	if r.kind.setDefaults != nil {
		r.kind.setDefaults(r.pointer(), now)
	}
}

// fingerprint returns the content in a form that is equal for equal requests: a missing
// field equals its zero value, unless the content is partial.
func (c content) fingerprint(partial bool) map[string]any {
	fingerprint := make(map[string]any)
	for name, value := range c {
		if partial || !value.IsZero() && (value.Kind() != reflect.Slice || value.Len() > 0) {
			fingerprint[name] = value.Interface()
		}
	}
	return fingerprint
}

// encode returns a wire value as JSON.
func encode(v any) json.RawMessage {
	encoded, err := json.Marshal(v)
	if err != nil {
		panic(err) // the types of taskapi can always be encoded
	}
	return encoded
}
