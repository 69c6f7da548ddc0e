"""What signing pages say, in English, French and German; sentences, not codes, for a person with a phone."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs


@attrs.frozen(kw_only=True)
class Words:
    """One language. Braces are filled by `str.format`; `language` is what HTML's `lang` says."""

    language: str
    footer: str
    missing: str
    # Documents
    documents: str
    details: str
    open: str
    sheet: str
    more_sheets: str
    enlarge: str
    not_shown: str
    file_name: str
    media_type: str
    size: str
    fingerprint: str
    # Private files
    private_waiting: str
    private_shown: str
    private_missing: str
    private_wrong: str
    private_alone: str
    private_choose: str
    again: str
    # The signature
    signature: str
    typing: str
    drawing: str
    full_name: str
    pad: str
    pad_help: str
    pad_keys: str
    preview: str
    clear: str
    bad_signature: str
    statements: str
    hashes: str
    refusal: str
    go_back: str
    consent: str
    sign: str
    consent_to_approve: str
    approve: str
    # How a visit ends
    thanks: str
    signed: str
    approved: str
    already_signed: str
    already_approved: str
    cannot: str
    not_open: str
    cancelled: str
    expired: str
    closed: str
    bad_link: str
    ask_sender: str
    bad_document: str
    tell_sender: str
    private_file: str
    sender_keeps: str
    unavailable: str
    proofs: str


ENGLISH: Final = Words(
    language="en",
    footer="A simulated signing page, made for tests: nothing here binds anybody.",
    missing="Still missing:",
    documents="Documents",
    details="About this document",
    open="Open the file",
    sheet="{label}, page {number} of {count}",
    more_sheets="The first {shown} of {count} pages are shown. Open the file to see them all.",
    enlarge="Enlarge the pages",
    not_shown="This kind of file cannot be shown here. Please open it.",
    file_name="File name",
    media_type="Kind of file",
    size="Size in bytes",
    fingerprint="Fingerprint (SHA-256)",
    private_waiting="Getting the file from the sender …",
    private_shown="This is the file that the sender announced: its fingerprint was checked on this device.",
    private_missing="The sender did not hand out this file. Please try again, or tell the sender.",
    private_wrong="This is not the file that the sender announced. Do not sign, and tell the sender.",
    private_alone="The sender keeps this file. Choose your copy: it is checked on this device and not sent.",
    private_choose="Choose your copy",
    again="Try again",
    signature="Your signature",
    typing="Type it",
    drawing="Draw it",
    full_name="Your full name",
    pad="Field to draw your signature in",
    pad_help="Draw with a finger, a pen or the mouse.",
    pad_keys=(
        "With a keyboard: the arrow keys move the pen, the space bar puts it down and lifts it, Delete "
        "clears the field."
    ),
    preview="What your signature will look like",
    clear="Clear the field",
    bad_signature="The drawn signature could not be read. Please draw it again, or type your name.",
    statements="Statements of the sender",
    hashes="Files to sign: {count}. The application that sent you here keeps them.",
    refusal="I do not sign",
    go_back="Go back",
    consent="I have read the documents and agree to sign them",
    sign="Sign",
    consent_to_approve="I have read the documents and approve of them",
    approve="Approve",
    thanks="Thank you",
    signed="You have signed. You can close this page.",
    approved="You have approved. You can close this page.",
    already_signed="Already signed",
    already_approved="Already approved",
    cannot="This request cannot be signed",
    not_open="It is not open yet.",
    cancelled="The sender has cancelled it.",
    expired="The time to sign is over.",
    closed="It is closed.",
    bad_link="This link is not valid",
    ask_sender="Please ask the sender.",
    bad_document="This document cannot be signed",
    tell_sender="Please tell the sender.",
    private_file="A private file",
    sender_keeps="The sender keeps this file.",
    unavailable="This is not available",
    proofs="Signature proofs",
)

FRENCH: Final = Words(
    language="fr",
    footer="Page de signature simulée, faite pour des tests : rien ici n'engage personne.",
    missing="Il manque encore :",
    documents="Documents",
    details="À propos de ce document",
    open="Ouvrir le fichier",
    sheet="{label}, page {number} sur {count}",
    more_sheets="Les {shown} premières pages sur {count} sont affichées. Ouvrez le fichier pour tout voir.",
    enlarge="Agrandir les pages",
    not_shown="Ce type de fichier ne peut pas être affiché ici. Veuillez l'ouvrir.",
    file_name="Nom du fichier",
    media_type="Type de fichier",
    size="Taille en octets",
    fingerprint="Empreinte (SHA-256)",
    private_waiting="Récupération du fichier auprès de l'expéditeur …",
    private_shown="C'est bien le fichier annoncé : son empreinte a été vérifiée sur cet appareil.",
    private_missing="L'expéditeur n'a pas remis ce fichier. Réessayez ou prévenez l'expéditeur.",
    private_wrong="Ce n'est pas le fichier annoncé. Ne signez pas et prévenez l'expéditeur.",
    private_alone=(
        "L'expéditeur garde ce fichier. Choisissez votre copie : elle est vérifiée ici, sans envoi."
    ),
    private_choose="Choisir ma copie",
    again="Réessayer",
    signature="Votre signature",
    typing="La taper",
    drawing="La dessiner",
    full_name="Votre nom complet",
    pad="Champ où dessiner votre signature",
    pad_help="Dessinez au doigt, au stylet ou à la souris.",
    pad_keys=(
        "Au clavier : les flèches déplacent la plume, la barre d'espace la pose et la lève, Suppr efface le "
        "champ."
    ),
    preview="Aperçu de votre signature",
    clear="Effacer le champ",
    bad_signature="La signature dessinée est illisible. Dessinez-la de nouveau ou tapez votre nom.",
    statements="Déclarations de l'expéditeur",
    hashes="Fichiers à signer : {count}. L'application qui vous envoie ici les garde.",
    refusal="Je ne signe pas",
    go_back="Retour",
    consent="J'ai lu les documents et j'accepte de les signer",
    sign="Signer",
    consent_to_approve="J'ai lu les documents et je les approuve",
    approve="Approuver",
    thanks="Merci",
    signed="Vous avez signé. Vous pouvez fermer cette page.",
    approved="Vous avez approuvé. Vous pouvez fermer cette page.",
    already_signed="Déjà signé",
    already_approved="Déjà approuvé",
    cannot="Cette demande ne peut pas être signée",
    not_open="Elle n'est pas encore ouverte.",
    cancelled="L'expéditeur l'a annulée.",
    expired="Le délai de signature est écoulé.",
    closed="Elle est close.",
    bad_link="Ce lien n'est pas valable",
    ask_sender="Veuillez vous adresser à l'expéditeur.",
    bad_document="Ce document ne peut pas être signé",
    tell_sender="Veuillez prévenir l'expéditeur.",
    private_file="Un fichier privé",
    sender_keeps="L'expéditeur garde ce fichier.",
    unavailable="Ceci n'est pas disponible",
    proofs="Preuves de signature",
)

GERMAN: Final = Words(
    language="de",
    footer="Eine nachgebildete Unterschriftsseite für Tests: Nichts hier bindet jemanden.",
    missing="Es fehlt noch:",
    documents="Dokumente",
    details="Zu diesem Dokument",
    open="Datei öffnen",
    sheet="{label}, Seite {number} von {count}",
    more_sheets="Gezeigt werden die ersten {shown} von {count} Seiten. Alle stehen in der Datei.",
    enlarge="Seiten vergrößern",
    not_shown="Diese Art von Datei kann hier nicht gezeigt werden. Bitte öffnen Sie sie.",
    file_name="Dateiname",
    media_type="Art der Datei",
    size="Größe in Bytes",
    fingerprint="Fingerabdruck (SHA-256)",
    private_waiting="Die Datei wird beim Absender geholt …",
    private_shown="Es ist die angekündigte Datei: Ihr Fingerabdruck wurde auf diesem Gerät geprüft.",
    private_missing="Der Absender gab diese Datei nicht heraus. Versuchen Sie es erneut oder fragen Sie ihn.",
    private_wrong="Das ist nicht die angekündigte Datei. Bitte melden Sie es dem Absender.",
    private_alone=("Diese Datei bleibt beim Absender. Wählen Sie Ihre Kopie: Sie wird nur hier geprüft."),
    private_choose="Meine Kopie wählen",
    again="Noch einmal versuchen",
    signature="Ihre Unterschrift",
    typing="Tippen",
    drawing="Zeichnen",
    full_name="Ihr voller Name",
    pad="Feld für Ihre gezeichnete Unterschrift",
    pad_help="Zeichnen Sie mit dem Finger, dem Stift oder der Maus.",
    pad_keys=(
        "Mit der Tastatur: Die Pfeiltasten bewegen den Stift, die Leertaste setzt ihn auf und ab, Entf leert "
        "das Feld."
    ),
    preview="So wird Ihre Unterschrift aussehen",
    clear="Feld leeren",
    bad_signature="Die Zeichnung ist nicht lesbar. Zeichnen Sie neu oder tippen Sie Ihren Namen.",
    statements="Erklärungen des Absenders",
    hashes="Zu unterschreibende Dateien: {count}. Sie bleiben bei der Anwendung, von der Sie kommen.",
    refusal="Ich unterschreibe nicht",
    go_back="Zurück",
    consent="Ich habe die Dokumente gelesen und möchte sie unterschreiben",
    sign="Unterschreiben",
    consent_to_approve="Ich habe die Dokumente gelesen und gebe sie frei",
    approve="Freigeben",
    thanks="Danke",
    signed="Sie haben unterschrieben. Sie können diese Seite schließen.",
    approved="Sie haben freigegeben. Sie können diese Seite schließen.",
    already_signed="Schon unterschrieben",
    already_approved="Schon freigegeben",
    cannot="Hier kann nicht unterschrieben werden",
    not_open="Der Vorgang ist noch nicht eröffnet.",
    cancelled="Der Absender hat den Vorgang abgebrochen.",
    expired="Die Frist ist abgelaufen.",
    closed="Der Vorgang ist abgeschlossen.",
    bad_link="Dieser Link ist nicht gültig",
    ask_sender="Bitte fragen Sie den Absender.",
    bad_document="Dieses Dokument kann nicht unterschrieben werden",
    tell_sender="Bitte melden Sie es dem Absender.",
    private_file="Eine private Datei",
    sender_keeps="Diese Datei bleibt beim Absender.",
    unavailable="Das ist nicht verfügbar",
    proofs="Nachweise der Unterschriften",
)

LANGUAGES: Final[Mapping[str, Words]] = MappingProxyType(
    {words.language: words for words in (ENGLISH, FRENCH, GERMAN)}
)


def words_in(*wanted: str | None) -> Words:
    """Return the first of the wanted languages (`FR`, `fr`, `fr-CA`) that there is; English otherwise."""
    for one in wanted:
        found = LANGUAGES.get((one or "").lower().partition("-")[0])
        if found is not None:
            return found
    return ENGLISH
