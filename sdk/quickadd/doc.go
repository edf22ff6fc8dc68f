// Package quickadd reads a line of text as a task: when it is due, how it
// recurs, its tags, its priority and its list.
//
//	task := quickadd.Parse("Pay rent tomorrow 9am #home p1", quickadd.Options{Now: time.Now()})
//	// task.Title is "Pay rent"
//
// It understands dates and times in English and German ("friday at 5pm", "bis
// 31.7.", "every other week"), #tag, !high or p1 to p4, and +List for the lists
// it is told of. Nothing is lost: what is not understood stays title, as does
// what stands in quotes.
//
// A date counts where people write it: at the beginning or the end of a title,
// or anywhere if it is beyond doubt ("on Friday", "heute"). Words that also mean
// something else ("sun", "may", "so") count at the end alone, or with a time.
//
// A language is a file in languages. The TypeScript client has the same grammar,
// reads the same files, and is tested on the same cases.
package quickadd
