package store

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestEachFieldArrives fills each field of each kind's structs, converts them to each other,
// and reports the fields that get lost.
func TestEachFieldArrives(t *testing.T) {
	t.Parallel()
	definitions := []interface{ lostFields() []string }{tasks, lists, settings}
	if len(definitions) != len(kinds) {
		t.Errorf("there are %d kinds, but this test has %d", len(kinds), len(definitions))
	}
	for _, d := range append(definitions, samples) {
		for _, fault := range d.lostFields() {
			t.Error(fault)
		}
	}
}

// lostFields returns the fields that get lost between the kind's structs.
func (k *definition[R, W, C, U]) lostFields() (faults []string) {
	file := "store/" + string(k.name) + ".go, or " + string(k.name) + "s.go"
	rowType, wireType, contentType, patchType := reflect.TypeFor[R](), reflect.TypeFor[W](), reflect.TypeFor[C](), reflect.TypeFor[U]()
	report := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }

	var blank, full R
	for _, c := range k.columns[:k.fields] {
		fill(reflect.ValueOf(&full).Elem().FieldByIndex(c.index), "")
	}
	blankWire, fullWire := k.wire(&blank), k.wire(&full)
	for field := range wireType.Fields() {
		if !sameField(field.Name, blankWire, fullWire) {
			continue
		}
		if _, ok := rowType.FieldByName(field.Name); ok {
			report("%s has a column in %s, but %s leaves it out of %s", jsonName(field), rowType.Name(), file, wireType)
		} else {
			report("%s is in %s, but %s (%s) has no column for it", jsonName(field), wireType, rowType.Name(), file)
		}
	}
	for _, c := range k.columns[:k.fields] {
		var one R
		fill(reflect.ValueOf(&one).Elem().FieldByIndex(c.index), "")
		if k.singleton != uuid.Nil && strings.HasSuffix(c.name, "_at") {
			continue // a singleton has no times
		}
		if c.name != "seq" && c.name != "deleted_with" && reflect.DeepEqual(k.wire(&one), blankWire) {
			report("%s is a column of %s (%s), but does not reach %s", c.name, rowType.Name(), file, wireType)
		}
	}

	data, err := json.Marshal(fullWire)
	if again, _ := k.decode(data); err != nil || !reflect.DeepEqual(again, any(fullWire)) {
		report("a decoded snapshot of %s differs: %+v, %v", wireType, again, err)
	}

	for field := range contentType.Fields() {
		var content C
		fill(reflect.ValueOf(&content).Elem().FieldByIndex(field.Index), field.Tag)
		var written R
		k.setContent(&written, content, time.Now())
		if k.differences(any(&blank).(row), any(&written).(row)) == 0 {
			report("%s is in %s, but setContent (%s) does not write it", jsonName(field), contentType, file)
			continue
		}
		if _, ok := wireType.FieldByName(field.Name); !ok {
			report("%s is in %s, but not in %s", jsonName(field), contentType, wireType)
			continue
		}
		if !sameField(field.Name, content, k.wire(&written)) {
			report("%s of %s is lost or changed on its way to %s: by setContent (%s), or by the function that returns the resource", jsonName(field), contentType, wireType, file)
		}
		var nothing U
		if !sameField(field.Name, k.merge(fullWire, nothing), fullWire) {
			report("%s is in %s, but not in %s: every update would empty it", jsonName(field), contentType, patchType)
		}
	}
	for field := range patchType.Fields() {
		if _, ok := contentType.FieldByName(field.Name); !ok {
			report("%s is in %s, but not in %s", jsonName(field), patchType, contentType)
			continue
		}
		var patch U
		optional := reflect.ValueOf(&patch).Elem().FieldByIndex(field.Index)
		fill(optional.FieldByName("Value"), field.Tag)
		optional.FieldByName("Set").SetBool(true)
		content := k.merge(blankWire, patch)
		if !reflect.DeepEqual(reflect.ValueOf(content).FieldByName(field.Name).Interface(), optional.FieldByName("Value").Interface()) {
			report("%s of %s does not reach %s", jsonName(field), patchType, contentType)
		}
	}
	return faults
}

// sameField reports whether the field of that name is the same in two structs.
func sameField(name string, a, b any) bool {
	return reflect.DeepEqual(reflect.ValueOf(a).FieldByName(name).Interface(), reflect.ValueOf(b).FieldByName(name).Interface())
}

// jsonName returns a field's name on the wire.
func jsonName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}

// fill sets a field to a non-zero value that its tag allows.
func fill(v reflect.Value, tag reflect.StructTag) {
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		*p = time.Date(2026, 11, 30, 17, 0, 0, 123456000, time.UTC)
		return
	case *uuid.UUID:
		*p = uuid.New()
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), tag)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), "")
	case reflect.String:
		options := strings.Split(tag.Get("enum"), ",")
		v.SetString(options[len(options)-1])
		if tag.Get("format") == "uuid" {
			v.SetString(uuid.NewString())
		}
		if v.IsZero() {
			v.SetString("text")
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1)
	default:
		v.SetInt(1)
	}
}
