package sdktest

import (
	"reflect"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// plan is a resource of a kind that only this test has.
type plan struct {
	ID              string     `json:"id"`
	Name            string     `json:"name"`
	EstimateMinutes *int       `json:"estimateMinutes"`
	Steps           []int      `json:"steps"`
	Version         int64      `json:"version"`
	CreatedAt       time.Time  `json:"createdAt"`
	UpdatedAt       time.Time  `json:"updatedAt"`
	DeletedAt       *time.Time `json:"deletedAt"`
}

type createPlan struct {
	Name            string `json:"name" minLength:"1" maxLength:"5"`
	EstimateMinutes *int   `json:"estimateMinutes,omitempty" nullable:"true" minimum:"0"`
	Steps           []int  `json:"steps,omitzero" maxItems:"2"`
}

type updatePlan struct {
	Name            taskapi.Optional[string] `json:"name,omitzero" minLength:"1" maxLength:"5"`
	EstimateMinutes taskapi.Optional[*int]   `json:"estimateMinutes,omitzero" nullable:"true" minimum:"0"`
	Steps           taskapi.Optional[[]int]  `json:"steps,omitzero" maxItems:"2"`
}

var plans = &kind{
	name: "plan", title: "Plan", path: "/api/plans", resource: reflect.TypeFor[plan](),
	content: fieldsOf[createPlan](), changes: fieldsOf[updatePlan](),
}

// readPlan reads a body to create or to update a plan.
func readPlan(t *testing.T, op taskapi.BatchOp, body string) (operation, fieldErrors) {
	t.Helper()
	object, p := parseObject([]byte(body))
	if p != nil {
		t.Fatalf("%s: %+v", body, p)
	}
	o := operation{op: op, kind: plans}
	var f fieldErrors
	o.body(&f, object, "")
	return o, f
}

func TestLimitsComeFromTheTags(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]taskapi.FieldErrorCode{
		`{"name":"a","estimateMinutes":0,"steps":[1,2]}`: "",
		`{"name":"a","estimateMinutes":6000}`:            "",
		`{"name":"a","estimateMinutes":null}`:            "",
		`{"name":"a","estimateMinutes":-1}`:              taskapi.FieldOutOfRange,
		`{"name":"a","estimateMinutes":1.5}`:             taskapi.FieldType,
		`{"name":"a","estimateMinutes":"1"}`:             taskapi.FieldType,
		`{"name":"","steps":[]}`:                         taskapi.FieldTooShort,
		`{"name":"abcdef"}`:                              taskapi.FieldTooLong,
		`{"name":"a","steps":null}`:                      taskapi.FieldNull,
		`{"name":"a","steps":[1,2,3]}`:                   taskapi.FieldTooMany,
		`{"name":"a","color":1}`:                         taskapi.FieldUnknown,
	} {
		for _, op := range []taskapi.BatchOp{taskapi.BatchCreate, taskapi.BatchUpdate} {
			_, f := readPlan(t, op, body)
			if len(f) > 1 || len(f) == 1 && f[0].Code != want || len(f) == 0 && want != "" {
				t.Errorf("%s of %s: got %+v, want %q", op, body, f, want)
			}
		}
	}
}

func TestTransactionSupportsAnyKind(t *testing.T) {
	t.Parallel()
	u, now := newUser(), time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	carryOut := func(op taskapi.BatchOp, id, body string) plan {
		t.Helper()
		o := operation{op: op, kind: plans, id: id}
		if body != "" {
			var f fieldErrors
			if o, f = readPlan(t, op, body); f != nil {
				t.Fatal(f)
			}
			o.id = id
		}
		now = now.Add(time.Minute)
		tx := u.begin(now)
		tx.ids = &idMaker{}
		r, p := tx.carryOut(o)
		if p != nil {
			t.Fatalf("%s: %+v", op, p)
		}
		tx.commit()
		return r.wire().(plan)
	}
	created := carryOut(taskapi.BatchCreate, "", `{"name":"move","estimateMinutes":90}`)
	want := plan{ID: created.ID, Name: "move", EstimateMinutes: new(90), Steps: []int{}, Version: 1, CreatedAt: now, UpdatedAt: now}
	check := func(got plan) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %s, want %s", encode(got), encode(want))
		}
	}
	check(created)
	check(carryOut(taskapi.BatchUpdate, created.ID, `{"estimateMinutes":90}`)) // changes nothing
	got := carryOut(taskapi.BatchUpdate, created.ID, `{"estimateMinutes":null,"steps":[2,1]}`)
	want.EstimateMinutes, want.Steps, want.Version, want.UpdatedAt = nil, []int{2, 1}, 2, now
	check(got)
	got = carryOut(taskapi.BatchReplace, created.ID, `{"name":"stay"}`)
	want.Name, want.Steps, want.Version, want.UpdatedAt = "stay", []int{}, 3, now
	check(got)
	got = carryOut(taskapi.BatchDelete, created.ID, "")
	want.Version, want.UpdatedAt, want.DeletedAt = 4, now, new(now)
	check(got)
	got = carryOut(taskapi.BatchRestore, created.ID, "")
	want.Version, want.UpdatedAt, want.DeletedAt = 5, now, nil
	check(got)
	changes := u.changesAfter(0)
	if len(changes) != 1 || changes[0].Seq != 5 || changes[0].Kind != "plan" || string(changes[0].Data) != string(encode(want)) {
		t.Errorf("got the changes %s", encode(changes))
	}
	check(carryOut(taskapi.BatchErase, created.ID, ""))
	if changes := u.changesAfter(5); len(changes) != 1 || !changes[0].Erased() || changes[0].ID != created.ID {
		t.Errorf("got the changes %s", encode(changes))
	}
}

func TestKindsHasEveryKind(t *testing.T) {
	t.Parallel()
	for _, name := range taskapi.Kinds() {
		if kindNamed(name) == nil {
			t.Errorf("kinds (sdktest/kind.go) lacks %q", name)
		}
	}
}
