package httpapi_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/services/httpapi"
)

func TestParsePreconditions_AcceptsOnlyListsOfTags(t *testing.T) {
	t.Parallel()
	for value, tc := range map[string]struct {
		versions []int64
		match    bool // of version 3
	}{
		"":                       {nil, false},
		" ":                      {nil, false},
		"*":                      {nil, true},
		`"3"`:                    {[]int64{3}, true},
		`"3","4"`:                {[]int64{3, 4}, true},
		`"2" , "3"`:              {[]int64{2, 3}, true},
		`, "3",,`:                {[]int64{3}, true},
		`W/"3"`:                  {[]int64{3}, true},
		`W/"3", "4"`:             {[]int64{3, 4}, true},
		`"4", "3", W/"3"`:        {[]int64{3, 4}, true},
		`"3-gzip"`:               {[]int64{3}, true},
		`W/"3-gzip"`:             {[]int64{3}, true},
		`"3--gzip", "5;br"`:      {[]int64{3, 5}, true},
		`"3-br"`:                 {[]int64{3}, true},
		`"3-zstd"`:               {[]int64{3}, true},
		`"3-other", "-gzip"`:     {[]int64{}, false},
		`"3-gzip-gzip"`:          {[]int64{}, false},
		`"0-gzip", "0"`:          {[]int64{}, false},
		`"03"`:                   {[]int64{}, false},
		`"+3"`:                   {[]int64{}, false},
		`"other"`:                {[]int64{}, false},
		`"a,b", "5"`:             {[]int64{5}, false},
		`"99999999999999999999"`: {[]int64{}, false},
	} {
		p, err := httpapi.ParsePreconditions("If-Match", value)
		if err != nil {
			t.Errorf("%s: %v", value, err)
			continue
		}
		if diff := cmp.Diff(tc.versions, p.Versions()); diff != "" || (p.Versions() == nil) != (tc.versions == nil) {
			t.Errorf("%s: versions (-want +got):\n%s", value, diff)
		}
		if p.Match(3) != tc.match {
			t.Errorf("%s matches version 3: %t", value, p.Match(3))
		}
	}
	for _, value := range []string{"3", `"3`, `3"`, `"3" "4"`, `"3";`, `*, "3"`, `w/"3"`, `"a b"`, ",", "\"\x7f\""} {
		if _, err := httpapi.ParsePreconditions("If-Match", value); err == nil {
			t.Errorf("%s was accepted", value)
		}
	}
}

func FuzzParsePreconditions(f *testing.F) {
	for _, seed := range []string{"", "*", `"3"`, `W/"3", "4"`, `"`, `,,`, "\"\x00\"", `"3""4"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		p, err := httpapi.ParsePreconditions("If-Match", value)
		var problem *httpapi.Problem
		if err != nil && !errors.As(err, &problem) {
			t.Fatalf("%q: got error %v, want a *Problem", value, err)
		}
		if !p.Present && (p.Any || p.Versions() != nil) {
			t.Fatalf("%q: %+v", value, p)
		}
		for _, version := range p.Versions() {
			if !p.Match(version) {
				t.Fatalf("%q has version %d but does not match it", value, version)
			}
		}
	})
}
