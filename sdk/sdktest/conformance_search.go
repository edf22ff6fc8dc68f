package sdktest

import (
	"slices"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// searches are texts of tasks and queries, by language, and whether the query
// finds the text.
var searches = []struct {
	language, text, query string
	found                 bool
}{
	{"English", "Don’t forget the e-mail", "don't e mail", true},
	{"English", "Don’t forget the e-mail", "FORGET e-ma", true},
	{"English", "Don’t forget the e-mail", "email", false},
	{"English", "see notes_2026.txt, page 3.5", "2026", true},
	{"English", "see notes_2026.txt, page 3.5", "page 3.5", true},
	{"Vietnamese", "Đà Nẵng, phở bò cho Nguyễn", "da nang", true},
	{"Vietnamese", "Đà Nẵng, phở bò cho Nguyễn", "ĐÀ NẴNG", true},
	{"Vietnamese", "Đà Nẵng, phở bò cho Nguyễn", "đa na\u0306\u0303ng", true},
	{"Vietnamese", "Đà Nẵng, phở bò cho Nguyễn", "pho bo nguy", true},
	{"Vietnamese", "Đà Nẵng, phở bò cho Nguyễn", "ba nang", false},
	{"Polish", "Łódź: zażółć gęślą jaźń", "lodz", true},
	{"Polish", "Łódź: zażółć gęślą jaźń", "ŁÓDŹ", true},
	{"Polish", "Łódź: zażółć gęślą jaźń", "zazolc gesla jazn", true},
	{"Polish", "Łódź: zażółć gęślą jaźń", "ódź", false},
	{"Danish", "smørrebrød på Ærø, ved Århus", "smorrebrod", true},
	{"Danish", "smørrebrød på Ærø, ved Århus", "SMØRREBRØD pa", true},
	{"Danish", "smørrebrød på Ærø, ved Århus", "aero arhus", true},
	{"Danish", "smørrebrød på Ærø, ved Århus", "smoerrebroed", false},
	{"Turkish", "IŞIK", "ışık", true},
	{"Turkish", "IŞIK", "işik", true},
	{"Turkish", "IŞIK", "isik", true},
	{"Turkish", "ışık", "IŞIK", true},
	{"Turkish", "İstanbul'da çiğ köfte", "ıstanbul cig kofte", true},
	{"Turkish", "İstanbul'da çiğ köfte", "ISTANBUL", true},
	{"Turkish", "İstanbul'da çiğ köfte", "İSTANBUL ÇİĞ", true},
	{"Turkish", "istanbul", "İstanbul", true},
	{"Maltese", "Ħal Għaxaq, ċavetta żgħira, ġdida", "hal ghaxaq", true},
	{"Maltese", "Ħal Għaxaq, ċavetta żgħira, ġdida", "cavetta zghira gdida", true},
	{"Maltese", "Ħal Għaxaq, ċavetta żgħira, ġdida", "ĦAL GĦAXAQ", true},
	{"Maltese", "Ħal Għaxaq, ċavetta żgħira, ġdida", "al", false},
	{"French", "L’Œuvre de Noël, ça et l'été", "oeuvre noel", true},
	{"French", "L’Œuvre de Noël, ça et l'été", "l'œuvre ça", true},
	{"French", "L’Œuvre de Noël, ça et l'été", "ETE", true},
	{"French", "L’Œuvre de Noël, ça et l'été", "leuvre", false},
	{"Icelandic", "Þórður og Ægir í Seyðisfjörð", "thordur aegir", true},
	{"Icelandic", "Þórður og Ægir í Seyðisfjörð", "þórður seydisf", true},
	{"Icelandic", "Þórður og Ægir í Seyðisfjörð", "tordur", false},
	{"German", "Größe der Straße", "grosse strasse", true},
	{"German", "Größe der Straße", "GRÖSSE STRAẞE", true},
	{"German", "Größe der Straße", "groesse", false},
	{"German", "STRASSE", "straße", true},
	{"Croatian", "Đurđa", "durda", true},
	{"Czech", "Dvořák: Rusalka", "dvorak", true},
	{"Romanian", "Ștefan și Țara", "stefan si tara", true},
	{"Greek", "Άσπρος ουρανός, νέο προϊόν", "ασπρος ουρανος", true},
	{"Greek", "Άσπρος ουρανός, νέο προϊόν", "ΑΣΠΡΟΣ ΟΥΡΑΝΟΣ ΠΡΟΪΟΝ", true},
	{"Greek", "ΟΥΡΑΝΟΣ", "ουρανός", true},
	{"Greek", "Άσπρος ουρανός, νέο προϊόν", "ασπροι", false},
	{"Russian", "Ёлка и ёж", "елка еж", true},
	{"Ukrainian", "п’ять пісень", "п'ять", true},
	{"Arabic", "كِتَابٌ جَدِيد لأحمد", "كتاب جديد", true},
	{"Arabic", "كتاب", "كِتَاب", true},
	{"Arabic", "كـــتاب", "كتاب", true},
	{"Arabic", "أحمد", "احمد", true},
	{"Arabic", "كِتَابٌ جَدِيد لأحمد", "كتب جديد", false},
	{"Hebrew", "שָׁלוֹם עולם", "שלום", true},
	{"Hindi", "हिंदी की किताब", "हिंदी किताब", true},
	{"Hindi", "हिंदी की किताब", "हिंदी की कि", true},
	{"Hindi", "हिंदी की किताब", "हदी किताब", false},
	{"Hindi", "हिंदी की किताब", "हिंदी कताब", false},
	{"Hindi", "काल काम", "कल काम", false},
	{"Thai", "ที่บ้าน", "บ้าน", true},
	{"Japanese", "がくせい", "がく", true},
	{"Japanese", "がくせい", "か\u3099く", true},
	{"Japanese", "がくせい", "かく", false},
	{"Japanese", "がくせい", "か", false},
	{"Japanese", "かく", "がく", false},
	{"Japanese", "パン", "ハン", false},
	{"Japanese", "パン", "パ", true},
	{"Japanese", "買い物をする", "買い", true},
	{"Chinese", "去北京", "北京", true},
	{"Korean", "한국어 공부", "한국", true},
	{"emoji", "🎉 party", "🎉", true},
	{"emoji", "🎉 party", "🎈", false},
	{"emoji", "🎉", "🎉", true},
	{"emoji", "done👍🏽", "👍", true},
	{"emoji", "done👍🏽", "👍🏿 done", true},
	{"emoji", "❤️ love", "❤", true},
	{"emoji", "❤ love", "❤️ love", true},
	{"emoji", "👩‍👩‍👧 visit", "👩‍👩‍👧 visit", true},
	{"emoji", "👩‍👩‍👧 visit", "👧 visit", false},
	{"emoji", "🇩🇪 trip", "🇩🇪", true},
	{"emoji", "🇩🇰🇸🇪 trip", "🇩🇪 trip", false},
	{"emoji", "🇩🇪 trip", "🇫🇷", false},
	{"emoji", "🎉 party", "!", false},
}

var searchCases = []contractCase{
	{"q: in every language, without case and accents", func(s *subject) {
		ids := make(map[string]string)
		for _, c := range searches {
			if ids[c.text] == "" {
				ids[c.text] = s.create(taskapi.CreateTaskRequest{Title: c.text}).ID
			}
		}
		for _, c := range searches {
			page, err := s.client.ListTasks(s.Context(), taskapi.ListTasksOptions{Query: c.query, Limit: taskapi.MaxListLimit})
			s.ok(err)
			found := slices.ContainsFunc(page.Tasks, func(task taskapi.Task) bool { return task.ID == ids[c.text] })
			if found != c.found {
				s.Errorf("%s: %q finds %q: %t, want %t", c.language, c.query, c.text, found, c.found)
			}
		}
	}},
}
