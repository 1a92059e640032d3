(function () {
"use strict";
var find = document.getElementById("find"), state = document.getElementById("state");
var told = document.getElementById("told"), table = document.getElementById("clients");
if (!find || !table) { return; }
document.documentElement.className = "on";
var rows = Array.prototype.slice.call(table.tBodies[0].rows).map(function (row) {
return [row, (row.textContent || "").toLowerCase(), row.getAttribute("data-state")];
});
function look() {
var words = find.value.toLowerCase().split(/\s+/).filter(Boolean), wanted = state.value, shown = 0;
rows.forEach(function (one) {
var fits = (!wanted || one[2] === wanted) && words.every(function (w) { return one[1].indexOf(w) >= 0; });
if (one[0].hidden === fits) { one[0].hidden = !fits; }
shown += fits ? 1 : 0;
});
told.textContent = shown + " of " + rows.length + " shown";
}
var soon = 0;
find.addEventListener("input", function () { clearTimeout(soon); soon = setTimeout(look, 60); });
state.addEventListener("change", look);
if (/^#state=/.test(location.hash)) { state.value = location.hash.slice(7); }
look();
})();
