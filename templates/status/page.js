(function () {
    "use strict";
    var seconds = 5;

    function later() {
        setTimeout(look, seconds * 1000);
    }

    function show(text) {
        var page = new DOMParser().parseFromString(text, "text/html");
        var main = page.querySelector("main");

        if (!main) {
            throw new Error("no status page");
        }
        document.querySelector("main").replaceWith(main);
        document.querySelector("link").href = page.querySelector("link").href;
        document.title = page.title;
        document.getElementById("silent").hidden = true;
    }

    function look() {
        if (document.hidden || !document.getSelection().isCollapsed) {
            later();
            return;
        }
        fetch(location.href, { cache: "no-store", headers: { Accept: "text/html" } }).then(function (answer) {
            if (!answer.ok) {
                throw new Error(answer.status);
            }
            return answer.text();
        }).then(show).catch(function () {
            document.getElementById("silent").hidden = false;
            document.title = "no answer - Lync";
        }).then(later);
    }

    document.getElementById("refresh").textContent = "refreshes every " + seconds + " s";
    later();
}());
