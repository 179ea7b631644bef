// The course of the last hour, and what is drawn of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Course, SPAN_MS } from "../../../web/dashboard/src/model/course.js";
import { describe, plot } from "../../../web/dashboard/src/model/plot.js";

const START = Date.parse("2026-11-24T20:00:00Z");
const history = (values) => ({ from: "2026-11-24T20:00:00Z", step_seconds: 30, badges: { feedback: values } });
const at = (steps) => START + steps * 30_000;

test("what the server remembers becomes steps", () => {
  const course = new Course();
  course.load(history([null, 3, 3, 4]));
  assert.deepEqual(course.counted, ["feedback"]);
  assert.deepEqual(course.of("feedback", at(4)), [
    { at: at(0), value: null },
    { at: at(1), value: 3 },
    { at: at(3), value: 4 },
  ]);
});

test("what was seen after it stays behind it", () => {
  const course = new Course();
  course.note({ feedback: 7 }, at(0.5));
  course.note({ feedback: 8 }, at(9));
  course.load(history([3, 3]));
  assert.deepEqual(
    course.of("feedback", at(10)).map(({ value }) => value),
    [3, 8],
  );
});

test("a clock that is ahead of the server's is made up for", () => {
  const course = new Course();
  course.note({ feedback: 4 }, at(3));
  course.load(history([3, 3]), at(2) - at(0));
  assert.deepEqual(course.of("feedback", at(4)), [
    { at: at(2), value: 3 },
    { at: at(3), value: 4 },
  ]);
});

test("only the last hour is kept and drawn", () => {
  const course = new Course();
  for (let i = 0; i < 500; i++) course.note({ feedback: i }, at(i));
  const points = course.of("feedback", at(499));
  assert.equal(points[0].at, at(499) - SPAN_MS);
  assert.equal(points.length, SPAN_MS / 30_000 + 1);
});

test("what came after the last contact is not known", () => {
  const course = new Course();
  course.note({ feedback: 5 }, at(0));
  assert.deepEqual(course.of("feedback", at(9), at(4)), [
    { at: at(0), value: 5 },
    { at: at(4), value: null },
  ]);
});

test("the last change is one between two numbers", () => {
  const course = new Course();
  assert.equal(course.lastChange("feedback"), null);
  course.load(history([2, 5, null]));
  course.note({ feedback: 5 }, at(4));
  assert.deepEqual(course.lastChange("feedback"), { before: 2, now: 5, at: at(1) });
});

test("a drawing begins when the first number was seen and shows five minutes at least", () => {
  const course = new Course();
  course.load(history([null, 1]));
  assert.equal(course.start(at(2)), at(2) - 300_000);
  assert.equal(course.start(at(60)), at(1));
  assert.equal(course.start(at(600)), at(600) - SPAN_MS);
});

test("a gap breaks the line, and zero lies on the ground", () => {
  const points = [
    { at: 0, value: 0 },
    { at: 10, value: 10 },
    { at: 20, value: null },
    { at: 30, value: 5 },
  ];
  const drawn = plot(points, { from: 0, to: 40, width: 400, height: 110 });
  assert.equal(drawn.line, "M0 110H100V10H200M300 60H400");
  assert.equal(drawn.area, "M0 110V110H100V10H200V110ZM300 110V60H400V110Z");
  assert.deepEqual(drawn.end, { x: 400, y: 60 });
});

test("a line that ends before now has no point at its end", () => {
  const drawn = plot(
    [
      { at: 0, value: 1 },
      { at: 5, value: null },
    ],
    { from: 0, to: 10, width: 10, height: 10 },
  );
  assert.equal(drawn.end, null);
});

test("nothing known draws nothing", () => {
  assert.equal(plot([{ at: 0, value: null }], { from: 0, to: 10, width: 10, height: 10 }), null);
  assert.equal(describe(null, "Last hour"), "Last hour: not known");
});

test("a drawing is told in words", () => {
  const box = { from: 0, to: 10, width: 10, height: 10 };
  assert.equal(describe(plot([{ at: 0, value: 4 }], box), "Last hour"), "Last hour: 4 throughout");
  const between = plot(
    [
      { at: 0, value: 4 },
      { at: 5, value: 9 },
    ],
    box,
  );
  assert.equal(describe(between, "Last hour"), "Last hour: between 4 and 9");
});
